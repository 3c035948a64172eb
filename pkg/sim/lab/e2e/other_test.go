//go:build !linux

package e2e_test

import "testing"

func TestEndToEnd(t *testing.T) {
	t.Skip("lab: network namespaces need Linux")
}
