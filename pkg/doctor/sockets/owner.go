package sockets

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// An owner is a process that has a socket open.
type owner struct {
	pid     int
	command string
	origin  Origin
}

// ownersOf finds the process of each wanted socket, among those that this process may
// read. Of several that share a socket it returns the first, which started the
// others; process 1, which only passes its sockets on, counts only if it is the only
// one.
func ownersOf(fs procfs.FS, wanted map[uint64]bool) map[uint64]owner {
	owners := make(map[uint64]owner)
	processes, err := fs.AllProcs()
	if err != nil {
		return owners
	}
	for _, p := range processes {
		targets, err := p.FileDescriptorTargets()
		if err != nil {
			continue // of another user, or ended
		}
		var known *owner
		for _, target := range targets {
			inode, ok := socketInode(target)
			if !ok || !wanted[inode] || owners[inode].pid > 1 {
				continue
			}
			if known == nil {
				known = describe(p)
			}
			owners[inode] = *known
		}
	}
	return owners
}

// socketInode reads a link of /proc/<pid>/fd: "socket:[12345]".
func socketInode(target string) (inode uint64, ok bool) {
	n, err := fmt.Sscanf(target, "socket:[%d]", &inode)
	return inode, n == 1 && err == nil
}

// describe adds what is known about a process; it may have ended meanwhile.
func describe(p procfs.Proc) *owner {
	o := &owner{pid: p.PID}
	if command, err := p.Comm(); err == nil {
		o.command = command
	}
	groups, err := p.Cgroups()
	if err != nil {
		return o
	}
	for _, g := range groups {
		if origin := originOf(g.Path); origin != (Origin{}) {
			o.origin = origin
		}
	}
	return o
}
