#include "CSundials.h"
int cs_version(void) { return 0; }
