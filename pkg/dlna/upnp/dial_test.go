package upnp

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestDialTwice(t *testing.T) {
	unreachable := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	never := errors.New("waits for its deadline")
	tests := map[string]struct {
		results []error // of each dial that is expected
		want    error
	}{
		"connected":              {[]error{nil}, nil},
		"refused":                {[]error{refused}, refused},
		"unreachable, connected": {[]error{unreachable, nil}, nil},
		"unreachable twice":      {[]error{unreachable, unreachable}, unreachable},
		"unreachable, refused":   {[]error{unreachable, refused}, unreachable},
		"unreachable, silent":    {[]error{unreachable, never}, unreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, left := time.Now(), slices.Clone(tt.results)
				conn, err := dialTwice(func(ctx context.Context, network, address string) (net.Conn, error) {
					if network != "tcp" || address != "192.0.2.1:80" {
						t.Errorf("got a dial of %s %s", network, address)
					}
					if len(left) == 0 {
						t.Fatal("got another dial")
					}
					result := left[0]
					left = left[1:]
					if result == never {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					if result != nil {
						return nil, result
					}
					return &net.TCPConn{}, nil
				})(t.Context(), "tcp", "192.0.2.1:80")
				if !errors.Is(err, tt.want) || (conn != nil) != (tt.want == nil) {
					t.Errorf("want error %v, got %v, %v", tt.want, conn, err)
				}
				if took := time.Since(began); len(left) != 0 || took > connectTimeout {
					t.Errorf("want %d more dials, within %v, took %v", len(left), connectTimeout, took)
				}
			})
		})
	}
}
