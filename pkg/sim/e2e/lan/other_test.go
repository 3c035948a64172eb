//go:build !linux

package lan_test

import "testing"

func TestEndToEnd(t *testing.T) {
	t.Skip("lab: network namespaces need Linux")
}
