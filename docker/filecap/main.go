//go:build linux

// Command filecap marks a program as permitted to have CAP_NET_RAW, as
// `setcap cap_net_raw=p FILE` does; the image's builder has no setcap.
//
// A container gives a user other than root no capability by `cap_add` alone: the
// kernel takes away what the file does not permit (capabilities(7), "Transformation
// of capabilities during execve()"). The mark holds no capability by itself: where
// the container has none, as by default, the program has none. The effective bit
// stays off, since the kernel refuses to start a file that has it in a container
// without the capability; package capability switches it on where it is there.
package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// netRawPermitted is the extended attribute security.capability for it: struct
// vfs_cap_data of linux/capability.h, revision 2, five little-endian words.
//
//	 0                   4                   8
//	+-------------------+-------------------+-------------------+ ...
//	| magic and flags   | permitted, low    | inheritable, low  | both, high
//	+-------------------+-------------------+-------------------+ ...
func netRawPermitted() []byte {
	const revision2 = 0x02000000 // VFS_CAP_REVISION_2
	words := [5]uint32{revision2, 1 << unix.CAP_NET_RAW}
	var attribute []byte
	for _, word := range words {
		attribute = binary.LittleEndian.AppendUint32(attribute, word)
	}
	return attribute
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: filecap FILE")
		os.Exit(2)
	}
	if err := unix.Setxattr(os.Args[1], "security.capability", netRawPermitted(), 0); err != nil {
		fmt.Fprintf(os.Stderr, "filecap: mark %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
