package sender

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
)

func TestAirportKeyIsWhole(t *testing.T) {
	key, err := airportKey()
	if err != nil {
		t.Fatal(err)
	}
	if want, got := 2048, key.N.BitLen(); want != got {
		t.Errorf("want %d bits, got %d", want, got)
	}
}

func TestCheckResponse(t *testing.T) {
	key, err := fakeKey()
	if err != nil {
		t.Fatal(err)
	}
	challenge := make([]byte, challengeBytes)
	if _, err := rand.Read(challenge); err != nil {
		t.Fatal(err)
	}
	v6 := netip.MustParseAddr("fe80::1")
	good := signed(t, key, signedMessage(challenge, loopback, fakeID))
	tests := []struct {
		name     string
		response string
		receiver netip.Addr
		valid    bool
	}{
		{"IPv4", good, loopback, true},
		{"IPv4 with padding characters", good + "==", loopback, true},
		{"IPv4 in IPv6", good, netip.MustParseAddr("::ffff:127.0.0.1"), true},
		{"IPv6", signed(t, key, signedMessage(challenge, v6, fakeID)), v6, true},
		{"another address", good, netip.MustParseAddr("127.0.0.2"), false},
		{"another challenge", signed(t, key, signedMessage(bytes.Repeat([]byte{1}, 16), loopback, fakeID)), loopback, false},
		{"not filled up", signed(t, key, signedMessage(challenge, loopback, fakeID)[:26]), loopback, false},
		{"filled with other bytes", signed(t, key, append(signedMessage(challenge, loopback, fakeID)[:31], 1)), loopback, false},
		{"too long", signed(t, key, append(signedMessage(challenge, loopback, fakeID), 0)), loopback, false},
		{"cut off", good[:100], loopback, false},
		{"a flipped bit", flip(t, good), loopback, false},
		{"no base64", strings.Repeat("*", len(good)), loopback, false},
		{"none", "", loopback, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := checkResponse(&key.PublicKey, tt.response, challenge, tt.receiver)
			if valid := err == nil; tt.valid != valid {
				t.Errorf("want valid: %v, got %v", tt.valid, err)
			}
			if tt.valid && id != fakeID {
				t.Errorf("want id %v, got %v", fakeID, id)
			}
		})
	}
}

func flip(t *testing.T, signature string) string {
	t.Helper()
	b, err := base64.RawStdEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	b[200] ^= 1
	return base64.RawStdEncoding.EncodeToString(b)
}
