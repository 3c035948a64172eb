package fleet

import (
	"net/netip"
	"slices"
	"testing"
)

// Hosts whose renderers a rule leaves out are shown, as long as it does.
func TestLeftOut(t *testing.T) {
	h := newHarness(t)
	hosts := map[string]string{"kitchen": "192.0.2.1", "bar": "192.0.2.2", "bath": "::ffff:192.0.2.3"}
	finds := func(name string, skip bool) {
		url := "http://" + name + "/"
		one := newFound(t, &fakeDevice{state: "STOPPED"}, "uuid:"+name, name)
		one.skip, one.fingerprint = skip, url
		h.known.all[url] = &location{}
		h.described(finding{location: url, from: netip.MustParseAddr(hosts[name]), found: []*found{one}}, h.now)
		h.updateLeftOut()
	}
	wants := func(want ...string) {
		t.Helper()
		var got []string
		for _, a := range h.manager.Snapshot().LeftOut {
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
