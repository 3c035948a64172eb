//go:build unix

package main

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

func TestAnswerTo(t *testing.T) {
	search := func(target string) string {
		return "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + target + "\r\n\r\n"
	}
	cases := []struct {
		name, datagram string
		wantUSN        string // empty: no answer
	}{
		{"everything", search("ssdp:all"), uuid + "::" + device},
		{"media servers", search(device), uuid + "::" + device},
		{"root devices", search("upnp:rootdevice"), uuid + "::upnp:rootdevice"},
		{"us", search(uuid), uuid},
		{"speakers", search("urn:schemas-upnp-org:device:MediaRenderer:1"), ""},
		{"another's NOTIFY", "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\n\r\n", ""},
		{"garbage", "\x00\x01", ""},
		{"nothing", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answer := answerTo([]byte(c.datagram), "192.0.2.1")
			if c.wantUSN == "" {
				if answer != nil {
					t.Fatalf("want no answer, got %q", answer)
				}
				return
			}
			got, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Body.Close() }()
			if usn := got.Header.Get("USN"); usn != c.wantUSN {
				t.Errorf("want USN %s, got %s", c.wantUSN, usn)
			}
			if want, location := "http://192.0.2.1:32469/DeviceDescription.xml", got.Header.Get("Location"); location != want {
				t.Errorf("want LOCATION %s, got %s", want, location)
			}
		})
	}
}
