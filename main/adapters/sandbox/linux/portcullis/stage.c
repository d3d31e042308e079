#define _GNU_SOURCE
#include "stage.h"

#include "idmap.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define HIDDEN_FILE STAGE_FOLDER "/hidden"

struct stage {
  const char *mode;
  const char *source;
  /* Content of a `text`, target of a `symlink`. */
  const char *text;
  /* Index of the staged tree this one lies in, or -1 when bubblewrap binds it itself. */
  long parent;
  const char *at;
  int create;
  int source_fd;
  int tree_fd;
  int is_folder;
};

static struct stage stages[STAGES_MAX];
static long stage_count;

static int fail(struct stage_failure *failure, const char *step, const char *path) {
  failure->step = step;
  failure->path = path;
  return -1;
}

static int parse_stages(const struct config *config, struct stage_failure *failure) {
  struct record record;
  size_t offset = 0;
  struct stage *stage = NULL;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, "stage") == 0) {
      if (stage_count == STAGES_MAX) {
        errno = E2BIG;
        return fail(failure, "stage", record.value);
      }
      stage = &stages[stage_count++];
      *stage = (struct stage){.mode = record.value, .parent = -1, .source_fd = -1, .tree_fd = -1};
    } else if (stage != NULL && strcmp(record.key, "stage.source") == 0) {
      stage->source = record.value;
    } else if (stage != NULL && strcmp(record.key, "stage.text") == 0) {
      stage->text = record.value;
    } else if (stage != NULL && strcmp(record.key, "stage.parent") == 0) {
      stage->parent = config_number(record.value, stage_count - 2);
      if (stage->parent < 0 || stages[stage->parent].parent >= 0) {
        errno = EINVAL;
        return fail(failure, "stage", record.value);
      }
    } else if (stage != NULL && strcmp(record.key, "stage.at") == 0) {
      stage->at = record.value;
    } else if (stage != NULL && strcmp(record.key, "stage.create") == 0) {
      stage->create = 1;
    }
  }
  return 0;
}

static int has_mode(const struct stage *stage, const char *mode) { return strcmp(stage->mode, mode) == 0; }

static int open_source(struct stage *stage) {
  struct open_how_v0 how = {.flags = O_PATH | O_CLOEXEC,
                            .resolve = RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_MAGICLINKS_FLAG};
  stage->source_fd = kernel_openat2(AT_FDCWD, stage->source, &how);
  struct stat facts;
  if (stage->source_fd < 0 || fstat(stage->source_fd, &facts) != 0) return -1;
  stage->is_folder = S_ISDIR(facts.st_mode);
  return 0;
}

/* Makes `relative` below a folder of ours, replacing whatever an earlier session left in the way (a planted link). */
static int create_mount_point(int folder_fd, const char *relative, int is_folder) {
  char name[256];
  int at = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
  const char *rest = relative;
  while (at >= 0 && *rest != '\0') {
    size_t length = strcspn(rest, "/");
    /* The plan's paths are canonical; one that climbed would make a place outside of the folder. */
    int climbs = rest[0] == '.' && (length == 1 || (length == 2 && rest[1] == '.'));
    if (length == 0 || length >= sizeof name || climbs) {
      close(at);
      errno = EINVAL;
      return -1;
    }
    memcpy(name, rest, length);
    name[length] = '\0';
    rest += length;
    int last = *rest == '\0';
    if (!last) rest++;
    int want_folder = !last || is_folder;
    struct stat facts;
    int present = fstatat(at, name, &facts, AT_SYMLINK_NOFOLLOW) == 0;
    if (present && (want_folder ? !S_ISDIR(facts.st_mode) : !S_ISREG(facts.st_mode))) {
      if (unlinkat(at, name, S_ISDIR(facts.st_mode) ? AT_REMOVEDIR : 0) != 0) break;
      present = 0;
    }
    if (want_folder) {
      if (!present && mkdirat(at, name, 0755) != 0 && errno != EEXIST) break;
      if (last) {
        close(at);
        return 0;
      }
      int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      close(at);
      at = next;
    } else {
      int made = present ? -1 : openat(at, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0600);
      if (!present && made < 0 && errno != EEXIST) break;
      if (made >= 0) close(made);
      close(at);
      return 0;
    }
  }
  int saved = errno;
  if (at >= 0) close(at);
  errno = saved;
  return -1;
}

static int clone_tree(struct stage *stage, int userns_fd, uid_t foreign) {
  if (has_mode(stage, "copy")) return 0;
  stage->tree_fd = kernel_open_tree(stage->source_fd, "",
                                    OPEN_TREE_CLONE_FLAG | O_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE_FLAG);
  if (stage->tree_fd < 0) return -1;
  struct mount_attr_v0 attr = {.attr_set = ATTR_NOSUID | ATTR_NODEV, .propagation = MS_PRIVATE};
  if (has_mode(stage, "read-only") || has_mode(stage, "system")) attr.attr_set |= ATTR_RDONLY;
  if (kernel_mount_setattr(stage->tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE_FLAG, &attr) != 0) return -1;
  if (foreign == 0 || has_mode(stage, "system")) return 0;
  struct mount_attr_v0 map = {.attr_set = ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd};
  if (kernel_mount_setattr(stage->tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE_FLAG, &map) == 0) return 0;
  /* A socket is ours and lives as long as the session: where its file system cannot be id-mapped, it changes owner. */
  if (has_mode(stage, "socket")) return fchownat(stage->source_fd, "", foreign, foreign, AT_EMPTY_PATH);
  return -1;
}

static int attach_at_top(struct stage *stage, long index) {
  char path[64];
  snprintf(path, sizeof path, STAGE_FOLDER "/%ld", index);
  if (has_mode(stage, "folder")) {
    if (mkdir(path, 0755) != 0) return -1;
    stage->tree_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return stage->tree_fd < 0 ? -1 : 0;
  }
  if (stage->is_folder) {
    if (mkdir(path, 0755) != 0) return -1;
  } else {
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) return -1;
    close(fd);
  }
  return kernel_move_mount(stage->tree_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH_FLAG);
}

static int hidden_folder(void) {
  int context = kernel_fsopen("tmpfs", 1);
  if (context < 0) return -1;
  int tree = -1;
  if (kernel_fsconfig(context, FSCONFIG_STRING_COMMAND, "mode", "0000", 0) == 0 &&
      kernel_fsconfig(context, FSCONFIG_STRING_COMMAND, "size", "4096", 0) == 0 &&
      kernel_fsconfig(context, FSCONFIG_CREATE_COMMAND, NULL, NULL, 0) == 0) {
    tree = kernel_fsmount(context, 1, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
  }
  int saved = errno;
  close(context);
  errno = saved;
  return tree;
}

static int hidden_file(void) {
  int tree = kernel_open_tree(AT_FDCWD, HIDDEN_FILE, OPEN_TREE_CLONE_FLAG | O_CLOEXEC);
  struct mount_attr_v0 attr = {.attr_set = ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC};
  if (tree >= 0 && kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) != 0) return -1;
  return tree;
}

static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -1;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

static int copy_source(int source, int to) {
  char path[64];
  char bytes[65536];
  snprintf(path, sizeof path, "/proc/self/fd/%d", source);
  int from = open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) return -1;
  ssize_t got = 0;
  while ((got = read(from, bytes, sizeof bytes)) > 0) {
    if (write_all(to, bytes, (size_t)got) != 0) break;
  }
  int saved = errno;
  close(from);
  errno = saved;
  return got == 0 ? 0 : -1;
}

/* Files and links of a new folder. */
static int put_in_folder(const struct stage *stage) {
  int folder = stages[stage->parent].tree_fd;
  if (create_mount_point(folder, stage->at, 0) != 0) return -1;
  if (has_mode(stage, "symlink")) {
    if (unlinkat(folder, stage->at, 0) != 0) return -1;
    return symlinkat(stage->text != NULL ? stage->text : "", folder, stage->at);
  }
  int fd = openat(folder, stage->at, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  int result = has_mode(stage, "copy") ? copy_source(stage->source_fd, fd)
                                                   : write_all(fd, stage->text, stage->text != NULL ? strlen(stage->text) : 0);
  if (result == 0) result = fchmod(fd, 0444);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

static int attach_nested(struct stage *stage) {
  if (has_mode(stage, "copy") || has_mode(stage, "text") || has_mode(stage, "symlink")) return put_in_folder(stage);
  struct stage *parent = &stages[stage->parent];
  if (stage->create && has_mode(parent, "folder") &&
      create_mount_point(parent->tree_fd, stage->at, stage->is_folder) != 0)
    return -1;
  struct open_how_v0 how = {.flags = O_PATH | O_CLOEXEC,
                            .resolve = RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_MAGICLINKS_FLAG};
  int target = kernel_openat2(parent->tree_fd, stage->at, &how);
  struct stat facts;
  if (target < 0 || fstat(target, &facts) != 0) return -1;
  int tree = stage->tree_fd;
  if (has_mode(stage, "hidden")) tree = S_ISDIR(facts.st_mode) ? hidden_folder() : hidden_file();
  if (tree < 0) return -1;
  int result = kernel_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH_FLAG | MOVE_MOUNT_T_EMPTY_PATH_FLAG);
  int saved = errno;
  close(target);
  errno = saved;
  return result;
}

static int make_staging_folder(void) {
  /* Over /run: it exists everywhere, and the host's own sockets there vanish from everything that follows. */
  if (mount("gatehouse", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=8m") != 0) return -1;
  if (mkdir(STAGE_FOLDER, 0755) != 0 || chmod(STAGE_FOLDER, 0755) != 0) return -1;
  int fd = open(HIDDEN_FILE, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  return close(fd);
}

int stage_all(const struct config *config, uid_t foreign, struct stage_failure *failure) {
  if (parse_stages(config, failure) != 0) return -1;
  int userns_fd = -1;
  if (foreign != 0) {
    userns_fd = idmap_namespace(foreign);
    if (userns_fd < 0) return fail(failure, "idmap-namespace", "");
  }
  /* 1. Sources first, while the host's tree is whole: some may lie below the place that staging covers. */
  for (long i = 0; i < stage_count; i++) {
    if (stages[i].source == NULL) continue;
    if (open_source(&stages[i]) != 0) return fail(failure, "open", stages[i].source);
  }
  /* 2. Mount points in the session's home, in the host's view: once id-mapped, root itself may not create there. */
  for (long i = 0; i < stage_count; i++) {
    struct stage *stage = &stages[i];
    if (!stage->create || stage->parent < 0 || stages[stage->parent].source_fd < 0) continue;
    if (create_mount_point(stages[stage->parent].source_fd, stage->at, stage->is_folder) != 0)
      return fail(failure, "mount-point", stage->at);
  }
  for (long i = 0; i < stage_count; i++) {
    if (stages[i].source == NULL) continue;
    if (clone_tree(&stages[i], userns_fd, foreign) != 0)
      return fail(failure, foreign == 0 ? "clone" : "idmap", stages[i].source);
  }
  /* 3. Only now may the staging folder cover a place of the host. */
  if (make_staging_folder() != 0) return fail(failure, "staging", "/run");
  /* 4. Parents before children, so that a hidden place is hidden in the tree that is shown. */
  for (long i = 0; i < stage_count; i++) {
    int result = stages[i].parent < 0 ? attach_at_top(&stages[i], i) : attach_nested(&stages[i]);
    if (result != 0) return fail(failure, "attach", stages[i].source != NULL ? stages[i].source : stages[i].at);
  }
  for (long i = 0; i < stage_count; i++) {
    if (stages[i].source_fd >= 0) close(stages[i].source_fd);
    if (stages[i].tree_fd >= 0) close(stages[i].tree_fd);
  }
  if (userns_fd >= 0) close(userns_fd);
  return 0;
}
