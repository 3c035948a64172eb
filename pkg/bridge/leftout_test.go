package bridge

import (
	"net/netip"
	"slices"
	"testing"
)

// Hosts whose renderers a rule leaves out are told, as long as it does.
func TestLeftOut(t *testing.T) {
	h := newHouse(t)
	hosts := map[string]string{"kitchen": "192.0.2.1", "bar": "192.0.2.2", "bath": "::ffff:192.0.2.3"}
	finds := func(name string, skip bool) {
		location := "http://" + name + "/"
		tg := fakeTarget(t, &fakeDevice{state: "STOPPED"}, "uuid:"+name, name)
		tg.skip, tg.fingerprint = skip, location
		h.known.all[location] = &place{}
		f := finding{location: location, from: netip.MustParseAddr(hosts[name]), targets: []*target{tg}}
		h.described(h.known, f, h.now)
		h.noteLeftOut(h.known)
	}
	wants := func(want ...string) {
		t.Helper()
		var got []string
		for _, a := range h.Snapshot().LeftOut {
			got = append(got, a.String())
		}
		if !slices.Equal(want, got) {
			t.Errorf("want %v left out, got %v", want, got)
		}
	}
	wants()
	finds("kitchen", false)
	finds("bath", true)
	finds("bar", true)
	wants("192.0.2.2", "192.0.2.3")
	finds("bar", false)
	wants("192.0.2.3")
}
