package raop

import (
	"slices"
	"strings"
	"testing"
)

func TestIDFromUDN(t *testing.T) {
	a, b := IDFromUDN("uuid:4d696e69-444c-164e-9d41-b827eb54e938"), IDFromUDN("uuid:4d696e69-444c-164e-9d41-b827eb54e939")
	if a == b {
		t.Errorf("two speakers share %v", a)
	}
	// It names the speaker on every sender that ever saw it: it must not move.
	if want := "52626BADF976"; a.String() != want {
		t.Errorf("want %s, got %s", want, a)
	}
	for _, udn := range []string{"", "a", "b", "c", "d", "e", "f", "g"} {
		if id := IDFromUDN(udn); id[0]&3 != 2 {
			t.Errorf("%q: %v is not a local unicast address", udn, id)
		}
	}
}

func TestInstance(t *testing.T) {
	if want, got := "02000A0B0C0D@Küche", Instance(ID{2, 0, 10, 11, 12, 13}, "Küche"); got != want {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestTXT(t *testing.T) {
	txt := TXT(TXTOptions{Model: "Breezeway1,1", Firmware: "1.2.3", Password: true})
	for _, want := range []string{"txtvers=1", "et=0,1", "cn=0,1", "tp=UDP", "pw=true", "am=Breezeway1,1", "fv=1.2.3"} {
		if !slices.Contains(txt, want) {
			t.Errorf("%s is missing in %s", want, strings.Join(txt, " "))
		}
	}
	if open := TXT(TXTOptions{}); !slices.Contains(open, "pw=false") {
		t.Errorf("pw=false is missing in %s", strings.Join(open, " "))
	}
}
