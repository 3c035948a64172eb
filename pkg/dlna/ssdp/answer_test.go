package ssdp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const (
	rendererAnswer = "HTTP/1.1 200 OK\r\n" +
		"CACHE-CONTROL: max-age=1800\r\n" +
		"EXT:\r\n" +
		"LOCATION: http://192.0.2.20:49494/description.xml\r\n" +
		"SERVER: Linux/6 UPnP/1.0 Example/1.0\r\n" +
		"ST: urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"USN: uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"BOOTID.UPNP.ORG: 17\r\nCONFIGID.UPNP.ORG: 3\r\n\r\n"
	zonePlayerAnswer = "HTTP/1.1 200 OK\n" +
		"Cache-Control: public, max-age = 86400\n" +
		"Location: http://192.0.2.21:1400/xml/device_description.xml\n" +
		"Usn: uuid:RINCON_00005E00530101400::urn:schemas-upnp-org:device:ZonePlayer:1\n" +
		"X-RINCON-HOUSEHOLD: HHID_example\nX-RINCON-BOOTSEQ: 5\n"
)

func TestParseAnswer(t *testing.T) {
	tests := []struct {
		name     string
		datagram string
		want     ssdp.Answer
	}{
		{"as the standard says", rendererAnswer, ssdp.Answer{
			USN:      "uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1",
			UDN:      "uuid:11111111-2222",
			ST:       "urn:schemas-upnp-org:device:MediaRenderer:1",
			Location: "http://192.0.2.20:49494/description.xml",
			Server:   "Linux/6 UPnP/1.0 Example/1.0",
			BootID:   17,
			ConfigID: 3,
		}},
		{"Sonos, LF lines, no end", zonePlayerAnswer, ssdp.Answer{
			USN:       "uuid:RINCON_00005E00530101400::urn:schemas-upnp-org:device:ZonePlayer:1",
			UDN:       "uuid:RINCON_00005E00530101400",
			Location:  "http://192.0.2.21:1400/xml/device_description.xml",
			BootID:    5,
			Household: "HHID_example",
		}},
		{"only what must be", "http/1.0 200\nlocation:x", ssdp.Answer{Location: "x"}},
		{"odd fields", "HTTP/1.1 200 OK\nno colon\nLOCATION: x\nLOCATION: y\nUSN: uuid:\nCACHE-CONTROL: max-age=x\nBOOTID.UPNP.ORG: -1\nCONFIGID.UPNP.ORG: 99999999999",
			ssdp.Answer{USN: "uuid:", Location: "x"}},
		{"USN without UDN", "HTTP/1.1 200 OK\nLOCATION: x\nUSN: urn:x", ssdp.Answer{USN: "urn:x", Location: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ssdp.ParseAnswer([]byte(tt.datagram))
			if err != nil {
				t.Fatal(err)
			}
			// An Interface holds a slice, so the answers are compared as text.
			if want, got := show(tt.want), show(got); want != got {
				t.Errorf("want %s\n got %s", want, got)
			}
		})
	}
}

func TestParseAnswerMalformed(t *testing.T) {
	tests := []struct{ name, datagram string }{
		{"empty", ""},
		{"a search", "M-SEARCH * HTTP/1.1\r\nLOCATION: x\r\n\r\n"},
		{"an announcement", "NOTIFY * HTTP/1.1\r\nLOCATION: x\r\n\r\n"},
		{"another status", "HTTP/1.1 404 Not Found\r\nLOCATION: x\r\n\r\n"},
		{"no location", "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\n\r\n"},
		{"location after the end", "HTTP/1.1 200 OK\r\n\r\nLOCATION: x\r\n"},
		{"long line", "HTTP/1.1 200 OK\r\nLOCATION: http://" + strings.Repeat("a", 4000)},
		{"many fields", "HTTP/1.1 200 OK\r\nLOCATION: x\r\n" + strings.Repeat("A", 1) + manyFields()},
		{"oversize", "HTTP/1.1 200 OK\r\nLOCATION: x\r\n" + strings.Repeat("A: b\r\n", 2000)},
		{"binary", "\x00\xff\x80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ssdp.ParseAnswer([]byte(tt.datagram)); !errors.Is(err, ssdp.ErrMalformed) {
				t.Errorf("want ErrMalformed, got %v", err)
			}
		})
	}
}

func TestParseAnswerTruncated(t *testing.T) {
	location := strings.Index(rendererAnswer, "LOCATION:")
	for n := range rendererAnswer {
		a, err := ssdp.ParseAnswer([]byte(rendererAnswer[:n]))
		if err == nil && (n < location || a.Location == "") {
			t.Errorf("%d bytes: want an error before there is a location, got %s", n, show(a))
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(rendererAnswer))
	f.Add([]byte(zonePlayerAnswer))
	f.Add([]byte("HTTP/1.1 200 OK\nlocation:x\ncache-control:max-age=\"1"))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		a, err := ssdp.ParseAnswer(datagram)
		if err != nil {
			return
		}
		if a.Location == "" || a.BootID < 0 || a.ConfigID < 0 {
			t.Fatalf("out of bounds: %s", show(a))
		}
		if !strings.HasPrefix(a.USN, a.UDN) {
			t.Fatalf("UDN %q is not the beginning of USN %q", a.UDN, a.USN)
		}
	})
}
