package sender_test

import (
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// phoneHost is a host at the far end of a cable, which is called wlan0 there
// and lan0 here. Both have link-local addresses alone.
func phoneHost(t *testing.T) *namespace.Host {
	t.Helper()
	phone := namespace.NewHost(t)
	phone.Do(t, func() { // so that wlan0 and lan0 have not one number
		namespace.Cable(t, namespace.End{Name: "other0"}, namespace.End{Name: "other1"})
	})
	phone.Cable(t, namespace.End{Name: "lan0", Addr: "fe80::1/64"}, namespace.End{Name: "wlan0", Addr: "fe80::2/64"})
	return phone
}

// TestLinkLocalSender plays over IPv6 from a host that is known by an address
// which means nothing without the interface's name: RTSP, the proof of the
// AirPort's key, sound, resends and timing. The same receiver serves IPv4.
func TestLinkLocalSender(t *testing.T) {
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	if !namespace.Own(t) {
		return
	}
	phone := phoneHost(t)
	heard := &listener{packets: map[uint16][]byte{}}
	receiver := raop.New(raop.Options{
		ID: raop.IDFromUDN("uuid:x"), Takeover: settings.TakeoverAlways, Handler: heard, VolumeDB: func() float64 { return 0 },
	})
	must(t, receiver.Listen())
	run(t, receiver.Run)

	s, err := sender.New(sender.Options{
		Addr: netip.AddrPortFrom(netip.MustParseAddr("fe80::1%wlan0"), receiver.Port()), Encryption: sender.EncryptionRSA, Loss: 0.1, Seed: 5,
	})
	must(t, err)
	run(t, s.Run)
	phone.Do(t, func() { must(t, s.Connect(t.Context())) })
	const count = 60
	pcm := ramp(count * sender.DefaultFrameLength)
	must(t, s.Send(t.Context(), pcm))
	fetch(t, heard, 0, count)
	if !slices.Equal(pcm, heard.decode(t, 0, count)) {
		t.Error("want the sound as it was sent, got another")
	}
	if stats := heard.session().Stats(); stats.Foreign != 0 || stats.Received == 0 {
		t.Errorf("want the sender's packets taken as its own, got %+v", stats)
	}
	// The name of its zone may be that of the other host: this process is both.
	if want, got := "fe80::2", heard.session().Client().Addr.Addr(); got.WithZone("").String() != want || got.Zone() == "" {
		t.Errorf("want a sender at %s with a zone, got %s", want, got)
	}
	if stats := s.Stats(); stats.Resent == 0 || stats.TimingRequests == 0 {
		t.Errorf("want resends and timing, got %+v", stats)
	}

	old, err := sender.New(sender.Options{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), receiver.Port())})
	must(t, err)
	run(t, old.Run)
	must(t, old.Connect(t.Context()))
}
