package raop

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"net/netip"
	"testing"
)

// senderModulus is the public half of the key as PulseAudio's libraop carries
// it. A private key that does not fit it is of no use.
const senderModulus = "59dE8qLieItsH1WgjrcFRKj6eUWqi+bGLOX1HL3U3GhC/j0Qg90u3sG/1CUtwC5vOYvfDmFI6oSFXi5ELabWJmT2dKHzBJKa3k9ok+8t9ucRqMd6DZHJ2YCC" +
	"LlDRKSKv6kDqnw4UwPdpOMXziC/AMj3Z/lUVX1G7WSHCAWKf1zNS1eLvqr+boEjXuBOitnZ/bDzPHrTOZz0Dew0uowxf/+sG+NCK3eQJVxqcaJ/vEHKIVd2M+5qL71yJQ+87X6oV3eaYvt3zWZYD6z5vYTcrtij2VZ9Zmni/UAaHqn9JdsBWLUEpVviYnhimNVvYFZeCXg/IdTQ+x4IRdiXNv5hEew=="

func senderKey(t *testing.T) *rsa.PublicKey {
	t.Helper()
	modulus, err := base64.StdEncoding.DecodeString(senderModulus)
	if err != nil {
		t.Fatal(err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
}

func TestAirPortKeyFitsTheSenders(t *testing.T) {
	if err := privateKey().Validate(); err != nil {
		t.Error(err)
	}
	if !privateKey().PublicKey.Equal(senderKey(t)) {
		t.Error("another modulus than the senders'")
	}
}

func TestAppleResponse(t *testing.T) {
	id := ID{0x02, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}
	challenge := []byte("0123456789abcdef")
	for _, test := range []struct {
		name      string
		challenge string
		local     string
		want      []byte
	}{
		{
			name:      "IPv4, padded with zeros",
			challenge: base64.StdEncoding.EncodeToString(challenge),
			local:     "10.0.0.9",
			want:      append([]byte("0123456789abcdef\x0a\x00\x00\x09"), 0x02, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0, 0, 0, 0, 0, 0),
		},
		{
			name:      "IPv4 in IPv6, challenge unpadded",
			challenge: base64.RawStdEncoding.EncodeToString(challenge),
			local:     "::ffff:10.0.0.9",
			want:      append([]byte("0123456789abcdef\x0a\x00\x00\x09"), 0x02, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0, 0, 0, 0, 0, 0),
		},
		{
			name:      "IPv6 with a zone, 38 bytes",
			challenge: base64.StdEncoding.EncodeToString(challenge),
			local:     "fe80::1%eth0",
			want:      append([]byte("0123456789abcdef\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), id[:]...),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, err := appleResponse(test.challenge, netip.MustParseAddr(test.local), id)
			if err != nil {
				t.Fatal(err)
			}
			if got := recoverMessage(t, response); !bytes.Equal(got, test.want) {
				t.Errorf("want %x, got %x", test.want, got)
			}
		})
	}
}

// recoverMessage does what iTunes does: it raises the response to the public
// exponent and takes the padding off.
func recoverMessage(t *testing.T, response string) []byte {
	t.Helper()
	signature, err := base64.RawStdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	key := senderKey(t)
	block := make([]byte, key.Size())
	new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N).FillBytes(block)
	padding, message, found := bytes.Cut(block[2:], []byte{0})
	if !bytes.HasPrefix(block, []byte{0, 1}) || !found || len(bytes.Trim(padding, "\xff")) != 0 {
		t.Fatalf("not PKCS #1 type 1: %x", block)
	}
	return message
}

func TestAppleResponseRefuses(t *testing.T) {
	for _, challenge := range []string{"*", "AAAAAAAAAAAAAAAAAAAAAAAA"} { // no base64; 18 bytes
		if _, err := appleResponse(challenge, netip.MustParseAddr("10.0.0.9"), ID{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %v", challenge, err)
		}
	}
}

// The key that airtunes2 sends in every ANNOUNCE, wrapped once and for all.
const (
	airtunesWrapped = "VjVbxWcmYgbBbhwBNlCh3K0CMNtWoB844BuiHGUJT51zQS7SDpMnlbBIobsKbfEJ3SCgWHRXjYWf7VQWRYtEcfx7ejA8xDIk5PSBYTvXP5dU2QoGrSBv0leDS6uxlEWu" +
		"xBq3lIxCxpWO2YswHYKJBt06Uz9P2Fq2hDUwl3qOQ8oXb0OateTKtfXEwHJMprkhsJsGDrIc5W5NJFMAo6zCiM9bGSDeH2nvTlyW6bfI/Q0v0cDGUNeY3ut6fsoafRkfpCwYId+bg3diJh+uzw5htHDyZ2sN+BFYHzEfo8iv4KDxzeya9llqg6fRNQ8d5YjpvTnoeEQ9ye9ivjkBjcAfVw"
	airtunesKey = "14497dcc98e137a855c1455a6bc0c979"
)

func TestUnwrapSessionKey(t *testing.T) {
	wrapped, err := decodeBase64(airtunesWrapped)
	if err != nil {
		t.Fatal(err)
	}
	key, err := unwrapSessionKey(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(key); got != airtunesKey {
		t.Errorf("want %s, got %s", airtunesKey, got)
	}
}

func TestUnwrapSessionKeyRefuses(t *testing.T) {
	wrap := func(key []byte) []byte {
		wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, senderKey(t), key, nil)
		if err != nil {
			t.Fatal(err)
		}
		return wrapped
	}
	zeroFirst := append([]byte{0}, make([]byte, 15)...)
	if key, err := unwrapSessionKey(wrap(zeroFirst)); err != nil || !bytes.Equal(key, zeroFirst) {
		t.Errorf("a key of zeros: got %x, %v", key, err)
	}
	for name, wrapped := range map[string][]byte{
		"short key": wrap(make([]byte, 15)),
		"long key":  wrap(make([]byte, 32)),
		"noise":     bytes.Repeat([]byte{0x55}, 256),
		"short":     {1, 2, 3},
		"empty":     nil,
	} {
		if key, err := unwrapSessionKey(wrapped); err == nil {
			t.Errorf("%s: want an error, got %x", name, key)
		}
	}
}

func TestPacketCipher(t *testing.T) {
	key, iv := make([]byte, 16), make([]byte, 16)
	_, _ = rand.Read(key)
	_, _ = rand.Read(iv)
	packet, err := newPacketCipher(key, iv)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	for size := range 100 {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		got := bytes.Clone(want)
		whole := size - size%aes.BlockSize
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(got[:whole], got[:whole])
		packet.decrypt(got)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: want %x, got %x", size, want, got)
		}
	}
	payload := make([]byte, 1415)
	if allocs := testing.AllocsPerRun(100, func() { packet.decrypt(payload) }); allocs != 0 {
		t.Errorf("%v allocations a packet, want none", allocs)
	}
}

func TestPacketCipherRefuses(t *testing.T) {
	if _, err := newPacketCipher(make([]byte, 16), make([]byte, 15)); err == nil {
		t.Error("an initial vector of 15 bytes was accepted")
	}
	if _, err := newPacketCipher(make([]byte, 17), make([]byte, 16)); err == nil {
		t.Error("a key of 17 bytes was accepted")
	}
}

func BenchmarkDecrypt(b *testing.B) {
	packet, err := newPacketCipher(make([]byte, 16), make([]byte, 16))
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 1415)
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		packet.decrypt(payload)
	}
}
