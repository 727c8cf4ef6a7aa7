/* mwnative_status() and the section of phpinfo(). */
#ifndef MWNATIVE_STATUS_H
#define MWNATIVE_STATUS_H

void mwn_status_print_info(void);

#endif
