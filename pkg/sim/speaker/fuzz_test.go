package speaker

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"testing"
)

func FuzzParseCall(f *testing.F) {
	f.Add([]byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		`<u:Play xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"><InstanceID>0</InstanceID><Speed>1</Speed></u:Play></s:Body></s:Envelope>`))
	f.Add([]byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body></s:Body></s:Envelope>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCall(b)
		if err == nil && (c.action == "" || len(c.args) > maxArguments) {
			t.Errorf("want an action and bounded arguments, got %+v", c)
		}
	})
}

func FuzzParseCallback(f *testing.F) {
	f.Add("<http://127.0.0.1:80/a><http://127.0.0.1:81/b>")
	f.Add("<http://[::1]/>")
	f.Fuzz(func(t *testing.T, header string) {
		u, err := parseCallback(header, "127.0.0.1:5")
		if err == nil && u.Hostname() != "127.0.0.1" && u.Hostname() != "::ffff:127.0.0.1" {
			t.Errorf("want the subscriber's own address, got %v", u)
		}
	})
}

// FuzzSource checks that no stream, however damaged, breaks the player.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{
		// WAV: 44.1 kHz, stereo, 16 bit, endless, one frame
		"52494646ffffffff57415645666d7420100000000100020044ac000010b102000400100064617461ffffffff01000200",
		// FLAC: STREAMINFO of 44.1 kHz, stereo, 16 bit
		"664c614380000022100010000000000000000ac442f00000000000000000000000000000000000000000",
	} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		if _, _, err := openSource(bufio.NewReader(bytes.NewReader(b)), ""); err != nil {
			f.Fatal(err)
		}
		f.Add(b, "audio/L16;rate=44100;channels=2")
	}
	f.Add([]byte("\xff\xfb\x90\x00 a frame cut off"), "audio/mpeg")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		_, src, err := openSource(bufio.NewReader(bytes.NewReader(b)), contentType)
		if err != nil {
			return
		}
		if err := checkFormat(src.format()); err != nil {
			t.Fatal(err)
		}
		block := make([]int32, 441*src.format().Channels)
		for err == nil {
			var frames int
			frames, err = src.read(block)
			if frames < 0 || frames > 441 {
				t.Fatalf("want at most 441 frames, got %d", frames)
			}
		}
	})
}
