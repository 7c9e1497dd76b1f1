# Draws .build/bench/radial-elements.dat, which `bench.py radial` makes.
set terminal svg size 1000,480 font "Helvetica,14" background "white"
set output "Benchmarks/radial-elements.svg"
# Colours of Okabe and Ito, which every kind of colour vision can tell apart, and different marks.
set linetype 1 lc rgb "#000000" lw 2 pt 7 ps 0.7
set linetype 2 lc rgb "#E69F00" lw 2 pt 5 ps 0.7
set linetype 3 lc rgb "#56B4E9" lw 2 pt 9 ps 0.8
set linetype 4 lc rgb "#D55E00" lw 2 pt 13 ps 0.9
set linetype 5 lc rgb "#0072B2" lw 2 pt 11 ps 0.8
data = ".build/bench/radial-elements.dat"
orders = "1 2 3 4 6"
set logscale xy
set format y "%g"
set grid lc rgb "#dddddd"
set multiplot layout 1,2
unset key
set ylabel "largest voltage error for t ≥ 60 s in mV"
set yrange [1e-5:10]
set xlabel "radial unknowns of a particle"
set xtics (5, 7, 10, 15, 20, 30, 50)
set xrange [4.5:55]
plot for [i=1:5] data index i-1 using 2:3 with linespoints lt i notitle
set key top right title "order of elements"
set ylabel "RMS voltage error in mV"
set xlabel "CPU time of the discharge in ms"
set xtics (8, 10, 12, 15, 20, 25, 30)
set xrange [8:30]
plot for [i=1:5] data index i-1 using 5:4 with linespoints lt i title word(orders, i)
unset multiplot
