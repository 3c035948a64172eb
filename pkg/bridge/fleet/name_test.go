package fleet

import (
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestSpeakerWithoutFriendlyNameHasAName(t *testing.T) {
	from := netip.MustParseAddr("192.0.2.9")
	cases := []struct {
		device upnp.Device
		want   string
	}{
		{upnp.Device{FriendlyName: "Kitchen", ModelName: "M", Manufacturer: "Acme"}, "Kitchen"},
		{upnp.Device{ModelName: "M", Manufacturer: "Acme"}, "M"},
		{upnp.Device{Manufacturer: "Acme"}, "Acme"},
		{upnp.Device{}, "192.0.2.9"},
	}
	for _, c := range cases {
		if got := nameOf(&c.device, from); got != c.want {
			t.Errorf("want %q, got %q", c.want, got)
		}
	}
}
