/* What this process has open. */
#ifndef MWNATIVE_DESCRIPTORS_H
#define MWNATIVE_DESCRIPTORS_H

#include "check.h"

#include <dirent.h>

static inline int open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	MUST(folder);
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

#endif
