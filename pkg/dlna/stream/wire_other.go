//go:build !linux

package stream

import (
	"syscall"
	"time"
)

// unsentBytes is not known here: what the connection took counts as fetched.
func unsentBytes(syscall.RawConn) int64 { return 0 }

// ackedBytes is not known here.
func ackedBytes(syscall.RawConn) (bytes int64, ago time.Duration, ok bool) { return 0, 0, false }
