package netif

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// noticeBytes is the buffer for one read. The content of a notice does not matter, so
// it may be truncated.
const noticeBytes = 8192

// listen signals on noticeC whenever the kernel reports that a link or an address
// was added, changed or removed (rtnetlink(7)). A socket that fails, or cannot be
// opened, is tried again at the interval of polling, which replaces it meanwhile.
func listen(ctx context.Context, noticeC chan<- struct{}) error {
	for {
		if file, err := openNotices(); err == nil {
			relay(ctx, file, noticeC)
		}
		if err := pause(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// relay turns each notice into a signal until the socket fails or ctx ends, and
// closes the socket. It fails with ENOBUFS when notices were lost, which also means
// that something changed.
func relay(ctx context.Context, file *os.File, noticeC chan<- struct{}) {
	stop := context.AfterFunc(ctx, func() { file.Close() })
	defer func() {
		if stop() {
			file.Close()
		}
	}()
	buf := make([]byte, noticeBytes)
	for {
		_, err := file.Read(buf)
		signal(noticeC)
		if err != nil {
			return
		}
	}
}

func openNotices() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netif: open netlink: %w", err)
	}
	groups := unix.SockaddrNetlink{
		Family: unix.AF_NETLINK,
		Groups: unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR,
	}
	if err := unix.Bind(fd, &groups); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("netif: join netlink groups: %w", err)
	}
	return os.NewFile(uintptr(fd), "rtnetlink"), nil
}
