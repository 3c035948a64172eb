package raop

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strings"
	"sync"
)

const (
	maxChallengeBytes   = 16 // with more, a peer could choose all of the signed message
	paddedResponseBytes = 32 // an IPv4 message is padded with zeros to this length
	sessionKeyBytes     = 16 // AES-128
)

// privateKey is airPortKey, parsed when the first sender needs it.
var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	block, _ := pem.Decode([]byte(airPortKey))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic("raop: the built-in AirPort key is damaged: " + err.Error())
	}
	return key
})

// appleResponse answers the Apple-Challenge header of a request that came in
// on the address local. It shows the sender that its peer has the AirPort key, and
// that no other host or receiver is in between.
func appleResponse(challenge string, local netip.Addr, id ID) (string, error) {
	nonce, err := decodeBase64(challenge)
	if err != nil {
		return "", fmt.Errorf("%w: Apple-Challenge: %w", ErrMalformed, err)
	}
	if len(nonce) > maxChallengeBytes {
		return "", fmt.Errorf("%w: Apple-Challenge of %d bytes", ErrMalformed, len(nonce))
	}
	message := append(nonce, local.Unmap().AsSlice()...)
	message = append(message, id[:]...)
	for len(message) < paddedResponseBytes {
		message = append(message, 0)
	}
	// Hash 0: the message itself is padded and signed, as PKCS #1 v1.5 type 1.
	signature, err := rsa.SignPKCS1v15(nil, privateKey(), crypto.Hash(0), message)
	if err != nil {
		return "", fmt.Errorf("raop: sign Apple-Challenge: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(signature), nil
}

// unwrapSessionKey decrypts the AES key that an ANNOUNCE carries as "rsaaeskey".
func unwrapSessionKey(wrapped []byte) ([]byte, error) {
	key, err := rsa.DecryptOAEP(sha1.New(), nil, privateKey(), wrapped, nil)
	if err != nil {
		return nil, fmt.Errorf("raop: unwrap session key: %w", err)
	}
	if len(key) != sessionKeyBytes {
		return nil, fmt.Errorf("raop: session key has %d bytes, want %d", len(key), sessionKeyBytes)
	}
	return key, nil
}

// decodeBase64 accepts base64 with and without padding: senders write both.
func decodeBase64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(s), "="))
}
