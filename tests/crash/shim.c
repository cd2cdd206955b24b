/* Stands between a program and its files: lets calls fail, kills at a call, records what was written.
 *
 * Preloaded (LD_PRELOAD). Does nothing until `shim_arm` or `shim_record` is called from inside the process; then it
 * looks only at files below one folder. `points.py` and `power.py` use it through ctypes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE, FSYNC, RENAME, FTRUNCATE, UNLINK, OPEN, READ, LOCK, MMAP, MKDIR, CALLS };
enum { FAIL, HALF, KILL_BEFORE, KILL_HALF, KILL_AFTER };
enum { MADE = 1, WROTE, SYNCED, CUT, GONE, MOVED, UNSYNCED, SYNCED_FOLDER, MARKED };

#define MOST 4096
static char folder[PATH_MAX];
static size_t folder_length;
static char *paths[MOST]; /* by descriptor; NULL: not ours */
static int wanted = -1, how, error_number, sticky, record = -1;
static long nth, counts[CALLS];

#define REAL(name, type, ...) \
    static type (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

static ssize_t plain_write(int fd, const void *data, size_t size) {
    REAL(write, ssize_t, int, const void *, size_t)
    return real_write(fd, data, size);
}

static void watch(const char *where) {
    snprintf(folder, sizeof folder, "%s", where);
    folder_length = strlen(folder);
    memset(counts, 0, sizeof counts);
}

/* From now on the `at`-th (from 1) call of this kind fails, or ends the process; `still` = all after it, too. */
void shim_arm(const char *where, int call, long at, int mode, int error, int still) {
    watch(where);
    wanted = call, nth = at, how = mode, error_number = error, sticky = still;
}

void shim_disarm(void) { wanted = -1; }

/* From now on what happens to files below `where` is written to a descriptor. */
void shim_record(const char *where, int fd) {
    watch(where);
    record = fd;
}

long shim_count(int call) { return counts[call]; }

static void note(int kind, const char *path, const char *other, int64_t offset, const void *data, int64_t size) {
    if (record < 0) return;
    int64_t head[5] = {kind, (int64_t)strlen(path), other ? (int64_t)strlen(other) : 0, offset, data ? size : 0};
    plain_write(record, head, sizeof head);
    plain_write(record, path, (size_t)head[1]);
    if (other) plain_write(record, other, (size_t)head[2]);
    if (data) plain_write(record, data, (size_t)size);
}

/* Says in the recording that something was acknowledged. */
void shim_mark(int64_t number) { note(MARKED, "", NULL, number, NULL, 0); }

static int below(const char *path) {
    return folder_length && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

static const char *ours(int fd) { return fd >= 0 && fd < MOST ? paths[fd] : NULL; }

/* Whether this call is the one that must not work: -1 no, else the mode. */
static int due(int call) {
    long number = ++counts[call];
    if (call != wanted || !(number == nth || (sticky && number > nth))) return -1;
    if (how == KILL_BEFORE) kill(getpid(), SIGKILL), pause();
    return how;
}

static void after(int mode) {
    if (mode == KILL_AFTER) kill(getpid(), SIGKILL), pause();
}

#define REFUSE(mode) if ((mode) == FAIL || (mode) == HALF) { errno = error_number; return -1; }

/* --- opening and closing ------------------------------------------------------------------------------------ */

static int opened(int fd, const char *path, int flags, int was_there) {
    if (fd >= 0 && fd < MOST) {
        free(paths[fd]);
        paths[fd] = strdup(path);
        if ((flags & O_CREAT) && !was_there) note(MADE, path, NULL, 0, NULL, 0);
        if ((flags & O_TRUNC) && was_there) note(CUT, path, NULL, 0, NULL, 0);
    }
    return fd;
}

#define OPEN_LIKE(name, declare, call, has_at) \
    int name declare { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        if (!folder_length || !below(path)) { int fd = call; if (fd >= 0 && fd < MOST) { free(paths[fd]); paths[fd] = NULL; } return fd; } \
        struct stat found; \
        int was_there = !lstat(path, &found); \
        int step = due(OPEN); \
        REFUSE(step) \
        int fd = opened(call, path, flags, was_there); \
        after(step); \
        return fd; \
    }

static int plain_open(const char *path, int flags, mode_t mode) {
    REAL(open64, int, const char *, int, ...)
    return real_open64(path, flags, mode);
}
static int plain_openat(int at, const char *path, int flags, mode_t mode) {
    REAL(openat64, int, int, const char *, int, ...)
    return real_openat64(at, path, flags, mode);
}
OPEN_LIKE(open, (const char *path, int flags, ...), plain_open(path, flags, mode), 0)
OPEN_LIKE(open64, (const char *path, int flags, ...), plain_open(path, flags, mode), 0)
OPEN_LIKE(openat, (int at, const char *path, int flags, ...), plain_openat(at, path, flags, mode), 1)
OPEN_LIKE(openat64, (int at, const char *path, int flags, ...), plain_openat(at, path, flags, mode), 1)

int close(int fd) {
    REAL(close, int, int)
    if (ours(fd)) free(paths[fd]), paths[fd] = NULL;
    return real_close(fd);
}

/* --- writing ------------------------------------------------------------------------------------------------ */

#define WRITE_BODY(do_call, do_half, at) \
    const char *path = ours(fd); \
    if (!path) return do_call; \
    int step = due(WRITE); \
    int64_t offset = at; \
    if (step == FAIL) { errno = error_number; return -1; } \
    if (step == HALF || step == KILL_HALF) { \
        ssize_t some = do_half; \
        if (some > 0) note(WROTE, path, NULL, offset, data, some); \
        if (step == KILL_HALF) kill(getpid(), SIGKILL), pause(); \
        errno = error_number; \
        return some > 0 && !sticky ? some : -1; \
    } \
    ssize_t done = do_call; \
    if (done > 0) note(WROTE, path, NULL, offset, data, done); \
    after(step); \
    return done;

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t to) {
    REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t)
    WRITE_BODY(real_pwrite64(fd, data, size, to), real_pwrite64(fd, data, size / 2, to), to)
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t to) { return pwrite64(fd, data, size, to); }
ssize_t write(int fd, const void *data, size_t size) {
    WRITE_BODY(plain_write(fd, data, size), plain_write(fd, data, size / 2), lseek(fd, 0, SEEK_CUR))
}

#define SYNC_LIKE(name) \
    int name(int fd) { \
        REAL(name, int, int) \
        const char *path = ours(fd); \
        if (!path) return real_##name(fd); \
        int step = due(FSYNC); \
        struct stat found; \
        int is_folder = !fstat(fd, &found) && S_ISDIR(found.st_mode); \
        if (step == FAIL || step == HALF) { note(UNSYNCED, path, NULL, 0, NULL, 0); errno = error_number; return -1; } \
        int result = real_##name(fd); \
        note(is_folder ? SYNCED_FOLDER : SYNCED, path, NULL, 0, NULL, 0); \
        after(step); \
        return result; \
    }
SYNC_LIKE(fsync)
SYNC_LIKE(fdatasync)

int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64, int, int, off64_t)
    const char *path = ours(fd);
    if (!path) return real_ftruncate64(fd, size);
    int step = due(FTRUNCATE);
    REFUSE(step)
    int result = real_ftruncate64(fd, size);
    if (!result) note(CUT, path, NULL, size, NULL, 0);
    after(step);
    return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* --- names -------------------------------------------------------------------------------------------------- */

/* The whole path of a name that is given beside an open folder. */
static const char *whole(int at, const char *path, char *room) {
    const char *base = ours(at);
    if (*path == '/' || !base) return path;
    snprintf(room, PATH_MAX, "%s/%s", base, path);
    return room;
}

#define NAME_LIKE(name, declare, types, arguments, place, call, kind) \
    int name declare { \
        REAL(name, int, types) \
        char room[PATH_MAX]; \
        (void)room; \
        const char *where = place; \
        if (!below(where)) return real_##name arguments; \
        int step = due(call); \
        REFUSE(step) \
        int result = real_##name arguments; \
        if (!result) note(kind, where, NULL, kind == MADE, NULL, 0); /* 1: a folder */ \
        after(step); \
        return result; \
    }
#define TYPES(...) __VA_ARGS__
NAME_LIKE(unlink, (const char *path), TYPES(const char *), (path), path, UNLINK, GONE)
NAME_LIKE(rmdir, (const char *path), TYPES(const char *), (path), path, UNLINK, GONE)
NAME_LIKE(unlinkat, (int at, const char *path, int flags), TYPES(int, const char *, int), (at, path, flags), whole(at, path, room), UNLINK, GONE)
NAME_LIKE(mkdir, (const char *path, mode_t mode), TYPES(const char *, mode_t), (path, mode), path, MKDIR, MADE)

int rename(const char *old, const char *new) {
    REAL(rename, int, const char *, const char *)
    if (!below(old) && !below(new)) return real_rename(old, new);
    int step = due(RENAME);
    REFUSE(step)
    int result = real_rename(old, new);
    if (!result) note(MOVED, old, new, 0, NULL, 0);
    after(step);
    return result;
}

/* --- reading, locks, memory --------------------------------------------------------------------------------- */

ssize_t pread64(int fd, void *data, size_t size, off64_t from) {
    REAL(pread64, ssize_t, int, void *, size_t, off64_t)
    if (ours(fd)) { int step = due(READ); REFUSE(step) }
    return real_pread64(fd, data, size, from);
}
ssize_t pread(int fd, void *data, size_t size, off_t from) { return pread64(fd, data, size, from); }
ssize_t read(int fd, void *data, size_t size) {
    REAL(read, ssize_t, int, void *, size_t)
    if (ours(fd)) { int step = due(READ); REFUSE(step) }
    return real_read(fd, data, size);
}

/* With SHIM_FOLDER and SHIM_VOID in the environment locks of one kind do nothing there, as on some file systems. */
static int is_void(const char *kind) {
    const char *wish = getenv("SHIM_VOID");
    return wish && !strcmp(wish, kind);
}

__attribute__((constructor)) static void from_environment(void) {
    const char *where = getenv("SHIM_FOLDER");
    if (where) watch(where);
}

int flock(int fd, int operation) {
    REAL(flock, int, int, int)
    if (ours(fd) && is_void("flock")) return 0;
    return real_flock(fd, operation);
}

static int locks(int fd, int command, void *argument) {
    REAL(fcntl64, int, int, int, ...)
    if (ours(fd) && (command == F_SETLK || command == F_SETLKW)) {
        if (is_void("fcntl")) return 0;
        int step = due(LOCK);
        REFUSE(step)
    }
    return real_fcntl64(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return locks(fd, command, argument);
}
int fcntl(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return locks(fd, command, argument);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset) {
    REAL(mmap64, void *, void *, size_t, int, int, int, off64_t)
    if (ours(fd)) {
        int step = due(MMAP);
        if (step == FAIL || step == HALF) { errno = error_number; return MAP_FAILED; }
    }
    return real_mmap64(at, size, protection, flags, fd, offset);
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    return mmap64(at, size, protection, flags, fd, offset);
}
