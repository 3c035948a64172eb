//go:build !linux

package stream

import (
	"syscall"
	"time"
)

// ackedBytes is not known here.
func ackedBytes(syscall.RawConn) (bytes int64, ago time.Duration, ok bool) { return 0, 0, false }
