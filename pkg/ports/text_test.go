package ports

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestPortsText(t *testing.T) {
	tests := []struct {
		r    settings.PortRange
		want string
	}{
		{settings.PortRange{}, "any"},
		{settings.PortRange{First: 1, Last: 1}, "1"},
		{settings.PortRange{First: 7700, Last: 7719}, "7700-7719"},
	}
	for _, tt := range tests {
		if got := (Row{Ports: tt.r}).PortsText(); tt.want != got {
			t.Errorf("want %s, got %s", tt.want, got)
		}
	}
}
