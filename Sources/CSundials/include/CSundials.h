#ifndef C_SUNDIALS_H
#define C_SUNDIALS_H
int cs_version(void);
#endif
