package auth

import (
	"errors"
	"strings"
	"testing"
)

// Captured: airtunes2 hashes in capitals, cliraop in small letters.
const (
	airtunesDigest = `Digest username="Radioline", realm="raop", nonce="0d0e21f36b5412a57cfb1e844d9bb20d", uri="*", response="0841E4046C0E2CB0F123D02561B43C8C"`
	cliraopDigest  = `Digest username="iTunes", realm="raop", nonce="45aab010894753d7769c53efa787f40a", uri="rtsp://127.0.0.1/3889513156", response="fd7c83792bcb01dd1ad260d90c6a2038"`
)

func TestDigestProves(t *testing.T) {
	for _, test := range []struct {
		name, header, method, password string
		want                           bool
	}{
		{"airtunes2", airtunesDigest, "OPTIONS", "secret", true},
		{"airtunes2, small letters", strings.Replace(airtunesDigest, "0841E4046C0E2CB0F123D02561B43C8C", "cccaf78f67de3c372eddf1125b69e48a", 1), "OPTIONS", "secret", true},
		{"airtunes2, capitals only outside", strings.Replace(airtunesDigest, "0841E4046C0E2CB0F123D02561B43C8C", "CCCAF78F67DE3C372EDDF1125B69E48A", 1), "OPTIONS", "secret", false},
		{"cliraop", cliraopDigest, "ANNOUNCE", "secret", true},
		{"another password", cliraopDigest, "ANNOUNCE", "Secret", false},
		{"another method", cliraopDigest, "SETUP", "secret", false},
		{"another realm", strings.Replace(cliraopDigest, "raop", "rapo", 1), "ANNOUNCE", "secret", false},
		{"no response", strings.Replace(cliraopDigest, "response", "answer", 1), "ANNOUNCE", "secret", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := ParseDigest(test.header)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Proves(test.password, test.method); got != test.want {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}

func TestParseDigest(t *testing.T) {
	want := Digest{Username: "a, b", Realm: "raop", Nonce: "12", URI: "rtsp://[::1]/x?a=b", Response: "ff"}
	for _, header := range []string{
		`Digest username="a, b", realm="raop", nonce="12", uri="rtsp://[::1]/x?a=b", response="ff"`,
		`digest realm=raop,nonce=12 , RESPONSE=ff,uri="rtsp://[::1]/x?a=b",opaque="", username="a, b"`,
		`  Digest  response="ff" nonce="12" realm="raop" uri="rtsp://[::1]/x?a=b" username="a, b" `,
	} {
		got, err := ParseDigest(header)
		if err != nil || got != want {
			t.Errorf("%s:\nwant %+v\ngot  %+v, %v", header, want, got, err)
		}
	}
}

func TestParseDigestRefuses(t *testing.T) {
	for name, header := range map[string]string{
		"empty":         "",
		"basic":         "Basic dXNlcjpwYXNz",
		"open quote":    `Digest username="a`,
		"no value":      `Digest username`,
		"endless":       "Digest " + strings.Repeat("a=b,", maxDigestFields+1),
		"too long":      "Digest a=" + strings.Repeat("b", maxDigestBytes),
		"scheme only x": "Digestion a=b",
	} {
		if _, err := ParseDigest(header); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: want ErrMalformed, got %v", name, err)
		}
	}
}

func TestParseDigestTruncated(t *testing.T) {
	for n := range len(cliraopDigest) {
		d, err := ParseDigest(cliraopDigest[:n])
		if err == nil && d.Proves("secret", "ANNOUNCE") {
			t.Errorf("%d bytes prove the password", n)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add(airtunesDigest)
	f.Add(cliraopDigest)
	f.Add(`Digest a="`)
	f.Fuzz(func(t *testing.T, header string) {
		d, err := ParseDigest(header)
		if err != nil && d != (Digest{}) {
			t.Errorf("%v, and yet %+v", err, d)
		}
	})
}
