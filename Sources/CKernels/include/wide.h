#ifndef WIDE_H
#define WIDE_H

// One binary runs everywhere and uses wide registers where there are any. The results do not depend on the width: element
// by element nothing changes, and whoever adds up has a fixed number of partial sums.
#if defined(__x86_64__) && defined(__linux__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define WIDE __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef WIDE
#define WIDE
#endif

#endif
