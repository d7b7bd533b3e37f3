/* Notes every fsync: device, inode, time of change, size and when. What was written and is not
 * noted here afterwards need not be on the disk when the power goes. POWER_CUT_EVERY=n stops the process
 * before every n-th sync, for somebody to look. Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void note(int fd) {
    const char *log = getenv("POWER_CUT_LOG");
    struct stat s;
    struct timespec now;
    char line[200];
    int saved = errno;
    if (log && fstat(fd, &s) == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        int length = snprintf(line, sizeof line, "%lu %lu %ld.%09ld %ld %ld.%09ld\n",
                              (unsigned long)s.st_dev, (unsigned long)s.st_ino,
                              (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec, (long)s.st_size,
                              (long)now.tv_sec, now.tv_nsec);
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (out >= 0) {
            if (write(out, line, length) != length) abort();
            close(out);
        }
    }
    errno = saved;
}

static void perhaps_stop(void) {
    static int count = 0;
    const char *every = getenv("POWER_CUT_EVERY");
    if (every && __sync_add_and_fetch(&count, 1) % atoi(every) == 0) kill(getpid(), SIGSTOP);
}

/* Of a whole file system: inode 0, for all that was written before. */
int syncfs(int fd) {
    perhaps_stop();
    const char *log = getenv("POWER_CUT_LOG");
    struct timespec now;
    char line[100];
    clock_gettime(CLOCK_REALTIME, &now);
    int result = syscall(SYS_syncfs, fd);
    if (log && result == 0) {
        int length = snprintf(line, sizeof line, "0 0 0.0 0 %ld.%09ld\n", (long)now.tv_sec,
                              now.tv_nsec);
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (out >= 0) {
            if (write(out, line, length) != length) abort();
            close(out);
        }
    }
    return result;
}

int fsync(int fd) {
    perhaps_stop();
    int result = syscall(SYS_fsync, fd);
    if (result == 0) note(fd);
    return result;
}

int fdatasync(int fd) {
    perhaps_stop();
    int result = syscall(SYS_fdatasync, fd);
    if (result == 0) note(fd);
    return result;
}
