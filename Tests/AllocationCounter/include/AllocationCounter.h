// Counts the allocations of each thread, in test programs on Linux.
long allocation_count(void);
