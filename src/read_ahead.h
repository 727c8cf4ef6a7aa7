/*
 * Reads a descriptor ahead of its consumer: while the caller works on one block, a thread of its own
 * fills the next.
 *
 * It pays for work that takes as long as reading or longer, on a file of many blocks. The thread
 * blocks every signal, so the handlers of the program run where they ran without it.
 */
#ifndef MWNATIVE_READ_AHEAD_H
#define MWNATIVE_READ_AHEAD_H

#include <sys/types.h>

typedef struct mwn_read_ahead mwn_read_ahead;

/*
 * Starts to read `file`, from where it stands. Until mwn_read_ahead_free() the descriptor must stay
 * open and belongs to the thread.
 *
 * NULL when there is no memory for the blocks (2 MiB) or no thread: then nothing has been read, and
 * the caller can read by itself.
 */
mwn_read_ahead *mwn_read_ahead_new(int file);

/*
 * What read(2) would have given: how many bytes came, 0 at the end, or -1 and errno; but a signal
 * does not end it. The bytes are valid until the next call. After 0 or -1 it gives the same again.
 */
ssize_t mwn_read_ahead_next(mwn_read_ahead *ahead, const unsigned char **bytes);

/* Ends the thread, at any point of the file, and waits for the one read that may be under way. Accepts NULL. */
void mwn_read_ahead_free(mwn_read_ahead *ahead);

#endif
