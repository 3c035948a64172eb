package sockets

import (
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxGroups bounds the walk: hosts that bridge speakers do not have more control
// groups.
const maxGroups = 10000

// groupRoots are the mount points of the control groups version 2: without and with
// version 1.
var groupRoots = []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}

// findGroups finds control groups by id, which is the inode of their directory.
// A container sees its own part of the tree only.
func findGroups(wanted map[uint64]bool) paths {
	found := make(paths)
	if len(wanted) == 0 {
		return found
	}
	short := make(map[uint32]uint64, len(wanted))
	for id := range wanted {
		short[uint32(id)] = id // the upper half counts reuses on 32-bit machines
	}
	for _, root := range groupRoots {
		if !isVersion2(root) {
			continue // in version 1 inodes are unique within one tree only
		}
		walkGroups(root, func(path string, inode uint64) {
			if id, ok := short[uint32(inode)]; ok && found[id] == "" {
				found[id] = path
			}
		})
	}
	return found
}

// walkGroups calls visit for each directory below root, with its path from there.
func walkGroups(root string, visit func(path string, inode uint64)) {
	groups := 0
	walk := func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // removed meanwhile, or not permitted
		case !entry.IsDir():
			return nil
		case groups == maxGroups:
			return filepath.SkipAll
		}
		groups++
		info, err := entry.Info()
		if err != nil {
			return nil // removed meanwhile
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			visit(strings.TrimPrefix(name, root), stat.Ino)
		}
		return nil
	}
	_ = filepath.WalkDir(root, walk) // walk returns an error only to stop
}

func isVersion2(root string) bool {
	var about unix.Statfs_t
	return unix.Statfs(root, &about) == nil && about.Type == unix.CGROUP2_SUPER_MAGIC
}
