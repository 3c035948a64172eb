//go:build !linux

package netif

import "context"

// listen does nothing on systems other than Linux: changes are found by polling.
func listen(ctx context.Context, _ chan<- struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}
