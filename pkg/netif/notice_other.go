//go:build !linux

package netif

import "context"

// listen has no notices to pass on away from Linux: polling does the work.
func listen(ctx context.Context, _ chan<- struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}
