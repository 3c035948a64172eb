package ssdp_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const (
	rendererAlive = "NOTIFY * HTTP/1.1\r\n" +
		"HOST: 239.255.255.250:1900\r\n" +
		"CACHE-CONTROL: max-age=1800\r\n" +
		"LOCATION: http://192.0.2.20:49494/description.xml\r\n" +
		"NT: urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"NTS: ssdp:alive\r\n" +
		"SERVER: Linux/6 UPnP/1.1 Example/1.0\r\n" +
		"USN: uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"BOOTID.UPNP.ORG: 17\r\nCONFIGID.UPNP.ORG: 3\r\n\r\n"
	zonePlayerAlive = "NOTIFY * HTTP/1.1\n" +
		"Host: 239.255.255.250:1900\n" +
		"Cache-Control: max-age = 86400\n" +
		"Location: http://192.0.2.21:1400/xml/device_description.xml\n" +
		"Nt: urn:schemas-upnp-org:device:ZonePlayer:1\n" +
		"Nts: ssdp:alive\n" +
		"Usn: uuid:RINCON_00005E00530101400::urn:schemas-upnp-org:device:ZonePlayer:1\n" +
		"X-RINCON-HOUSEHOLD: HHID_example\nX-RINCON-BOOTSEQ: 40000\n"
	rendererUpdate = "NOTIFY * HTTP/1.1\r\n" +
		"HOST: 239.255.255.250:1900\r\n" +
		"LOCATION: http://192.0.2.20:49494/description.xml\r\n" +
		"NT: urn:schemas-upnp-org:device:MediaRenderer:1\r\nNTS: ssdp:update\r\n" +
		"USN: uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"BOOTID.UPNP.ORG: 17\r\nNEXTBOOTID.UPNP.ORG: 18\r\nCONFIGID.UPNP.ORG: 3\r\n\r\n"
	rendererByebye = "NOTIFY * HTTP/1.1\r\n" +
		"HOST: 239.255.255.250:1900\r\n" +
		"NT: urn:schemas-upnp-org:device:MediaRenderer:1\r\nNTS: ssdp:byebye\r\n" +
		"USN: uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1\r\n\r\n"
)

func TestParseNotice(t *testing.T) {
	renderer := ssdp.Notice{
		NT:  "urn:schemas-upnp-org:device:MediaRenderer:1",
		USN: "uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1",
		UDN: "uuid:11111111-2222",
	}
	alive, byebye := renderer, renderer
	alive.Kind, alive.Location, alive.BootID, alive.ConfigID = ssdp.NoticeAlive, "http://192.0.2.20:49494/description.xml", 17, 3
	update := alive
	alive.Server = "Linux/6 UPnP/1.1 Example/1.0"
	update.Kind, update.NextBootID = ssdp.NoticeUpdate, 18
	byebye.Kind = ssdp.NoticeByebye
	tests := []struct {
		name     string
		datagram string
		want     ssdp.Notice
	}{
		{"alive as the standard says", rendererAlive, alive},
		{"update", rendererUpdate, update},
		{"byebye", rendererByebye, byebye},
		{"Sonos: blanks in max-age, LF lines, no end", zonePlayerAlive, ssdp.Notice{
			Kind:      ssdp.NoticeAlive,
			NT:        "urn:schemas-upnp-org:device:ZonePlayer:1",
			USN:       "uuid:RINCON_00005E00530101400::urn:schemas-upnp-org:device:ZonePlayer:1",
			UDN:       "uuid:RINCON_00005E00530101400",
			Location:  "http://192.0.2.21:1400/xml/device_description.xml",
			BootID:    40000,
			Household: "HHID_example",
		}},
		{"only what must be", "notify * http/1.0\nnts:SSDP:ALIVE\nusn:uuid:1\nlocation:x", ssdp.Notice{
			Kind: ssdp.NoticeAlive, USN: "uuid:1", UDN: "uuid:1", Location: "x",
		}},
		{"odd numbers", "NOTIFY * HTTP/1.1\nNTS: ssdp:byebye\nUSN: uuid:1\nBOOTID.UPNP.ORG: -1\nNEXTBOOTID.UPNP.ORG: x\nCONFIGID.UPNP.ORG: 99999999999", ssdp.Notice{
			Kind: ssdp.NoticeByebye, USN: "uuid:1", UDN: "uuid:1",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ssdp.ParseNotice([]byte(tt.datagram))
			if err != nil {
				t.Fatal(err)
			}
			// An Interface holds a slice, so the notices are compared as text.
			if want, got := fmt.Sprintf("%+v", tt.want), fmt.Sprintf("%+v", got); want != got {
				t.Errorf("want %s\n got %s", want, got)
			}
		})
	}
}

// A device says the same when it announces itself and when it is asked.
func TestNoticeAnswer(t *testing.T) {
	want, err := ssdp.ParseAnswer([]byte(rendererAnswer))
	if err != nil {
		t.Fatal(err)
	}
	want.Server = ""
	for _, datagram := range []string{rendererAlive, rendererUpdate} {
		n, err := ssdp.ParseNotice([]byte(datagram))
		if err != nil {
			t.Fatal(err)
		}
		if n.Kind == ssdp.NoticeUpdate {
			want.BootID = 18
		}
		got := n.Answer()
		got.Server = ""
		if want, got := show(want), show(got); want != got {
			t.Errorf("%v: want %s\n got %s", n.Kind, want, got)
		}
	}
}

func TestParseNoticeMalformed(t *testing.T) {
	tests := []struct{ name, datagram string }{
		{"empty", ""},
		{"a search", "M-SEARCH * HTTP/1.1\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\nLOCATION: x\r\n\r\n"},
		{"an answer", rendererAnswer},
		{"an event", strings.Replace(rendererAlive, "ssdp:alive", "upnp:event", 1)},
		{"another target", strings.Replace(rendererAlive, "NOTIFY *", "NOTIFY /x", 1)},
		{"no NTS", strings.Replace(rendererAlive, "NTS:", "XTS:", 1)},
		{"no USN", strings.Replace(rendererAlive, "USN:", "XSN:", 1)},
		{"USN without UDN", strings.Replace(rendererAlive, "USN: uuid:", "USN: ", 1)},
		{"alive without location", strings.Replace(rendererAlive, "LOCATION:", "X:", 1)},
		{"update without location", strings.Replace(rendererUpdate, "LOCATION:", "X:", 1)},
		{"long line", strings.Replace(rendererAlive, "LOCATION: ", "LOCATION: "+strings.Repeat("a", 4000), 1)},
		{"many fields", strings.Replace(rendererAlive, "HOST:", manyFields()+"HOST:", 1)},
		{"oversize", rendererAlive + strings.Repeat("x", 9000)},
		{"binary", "\x00\xff\x80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n, err := ssdp.ParseNotice([]byte(tt.datagram)); !errors.Is(err, ssdp.ErrMalformed) {
				t.Errorf("want ErrMalformed, got %v of %+v", err, n)
			}
		})
	}
}

func TestParseNoticeTruncated(t *testing.T) {
	usn := strings.Index(rendererAlive, "USN: uuid:") + len("USN: uuid:")
	for n := range rendererAlive {
		got, err := ssdp.ParseNotice([]byte(rendererAlive[:n]))
		if want := n > usn; want != (err == nil) {
			t.Errorf("%d bytes: want it good %v, got %+v, %v", n, want, got, err)
		}
	}
}

// appendNotice writes a notice as a device does: the product never announces.
func appendNotice(dst []byte, n ssdp.Notice) []byte {
	fields := []struct{ name, value string }{
		{"HOST", "239.255.255.250:1900"},
		{"CACHE-CONTROL", "max-age = 1800"},
		{"LOCATION", n.Location},
		{"NT", n.NT},
		{"NTS", n.Kind.String()},
		{"SERVER", n.Server},
		{"USN", n.USN},
		{"BOOTID.UPNP.ORG", strconv.Itoa(n.BootID)},
		{"NEXTBOOTID.UPNP.ORG", strconv.Itoa(n.NextBootID)},
		{"CONFIGID.UPNP.ORG", strconv.Itoa(n.ConfigID)},
		{"X-RINCON-HOUSEHOLD", n.Household},
	}
	dst = append(dst, "NOTIFY * HTTP/1.1\r\n"...)
	for _, f := range fields {
		dst = fmt.Appendf(dst, "%s: %s\r\n", f.name, f.value)
	}
	return append(dst, "\r\n"...)
}

func TestNoticeRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[!-~]([ -~]{0,60}[!-~])?`)
	number := rapid.IntRange(0, 1<<31-1)
	rapid.Check(t, func(t *rapid.T) {
		udn := "uuid:" + rapid.StringMatching(`[0-9A-Za-z_-]{1,40}`).Draw(t, "udn")
		nt := word.Draw(t, "nt")
		want := ssdp.Notice{
			Kind:       rapid.SampledFrom([]ssdp.NoticeKind{ssdp.NoticeAlive, ssdp.NoticeUpdate, ssdp.NoticeByebye}).Draw(t, "kind"),
			NT:         nt,
			USN:        udn + "::" + nt,
			UDN:        udn,
			Location:   word.Draw(t, "location"),
			Server:     word.Draw(t, "server"),
			BootID:     number.Draw(t, "boot"),
			NextBootID: number.Draw(t, "next"),
			ConfigID:   number.Draw(t, "config"),
			Household:  word.Draw(t, "household"),
		}
		got, err := ssdp.ParseNotice(appendNotice(nil, want))
		if err != nil {
			t.Fatal(err)
		}
		if want, got := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got); want != got {
			t.Fatalf("want %s\n got %s", want, got)
		}
	})
}

func FuzzParseNotice(f *testing.F) {
	for _, seed := range []string{rendererAlive, zonePlayerAlive, rendererUpdate, rendererByebye, rendererAnswer} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		n, err := ssdp.ParseNotice(datagram)
		if err != nil {
			if !errors.Is(err, ssdp.ErrMalformed) {
				t.Fatalf("want ErrMalformed, got %v", err)
			}
			return
		}
		switch {
		case n.Kind == ssdp.NoticeNone, n.UDN == "", !strings.HasPrefix(n.USN, n.UDN):
			t.Fatalf("who announces what? %+v", n)
		case n.Kind != ssdp.NoticeByebye && n.Location == "":
			t.Fatalf("no location: %+v", n)
		case n.BootID < 0, n.NextBootID < 0, n.ConfigID < 0:
			t.Fatalf("out of bounds: %+v", n)
		}
	})
}
