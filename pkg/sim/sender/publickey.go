package sender

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
)

// airportModulus is the public half of the RSA key that every AirPlay 1
// receiver has since the AirPort Express, in base64. It stands in every open
// sender; this copy is from PulseAudio 16.1 (module-raop-sink).
const airportModulus = "59dE8qLieItsH1WgjrcFRKj6eUWqi+bGLOX1HL3U3GhC/j0Qg90u3sG/1CUtwC5vOYvfDmFI6oSFXi5E" +
	"LabWJmT2dKHzBJKa3k9ok+8t9ucRqMd6DZHJ2YCCLlDRKSKv6kDqnw4UwPdpOMXziC/AMj3Z/lUVX1G7" +
	"WSHCAWKf1zNS1eLvqr+boEjXuBOitnZ/bDzPHrTOZz0Dew0uowxf/+sG+NCK3eQJVxqcaJ/vEHKIVd2M" +
	"+5qL71yJQ+87X6oV3eaYvt3zWZYD6z5vYTcrtij2VZ9Zmni/UAaHqn9JdsBWLUEpVviYnhimNVvYFZeC" +
	"Xg/IdTQ+x4IRdiXNv5hEew=="

const airportExponent = 65537

func airportKey() (*rsa.PublicKey, error) {
	n, err := base64.StdEncoding.DecodeString(airportModulus)
	if err != nil {
		return nil, fmt.Errorf("AirPort key: %w", err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: airportExponent}, nil
}

const (
	challengeBytes  = 16
	receiverIDBytes = 6
	minSignedBytes  = 32 // shorter messages are filled up with zeros
)

// ReceiverID is the hardware id that a receiver signs and that its name on the
// network begins with.
type ReceiverID [receiverIDBytes]byte

// String gives "AABBCCDDEEFF".
func (id ReceiverID) String() string { return fmt.Sprintf("%X", id[:]) }

var errNotAirPort = errors.New("Apple-Response is not what an AirPort would sign")

// checkResponse verifies an Apple-Response: PKCS #1 v1.5 padding without a
// digest around the challenge, the receiver's address and its id. It gives the
// id, the one part that is not known beforehand.
func checkResponse(key *rsa.PublicKey, header string, challenge []byte, receiver netip.Addr) (ReceiverID, error) {
	signature, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(header, "="))
	if err != nil {
		return ReceiverID{}, fmt.Errorf("Apple-Response: %w", err)
	}
	signed, err := recoverSigned(key, signature)
	if err != nil {
		return ReceiverID{}, err
	}
	rest, ok := bytes.CutPrefix(signed, append(bytes.Clone(challenge), receiver.Unmap().AsSlice()...))
	if !ok || len(rest) < receiverIDBytes || len(signed) != max(minSignedBytes, len(signed)-len(rest)+receiverIDBytes) {
		return ReceiverID{}, errNotAirPort
	}
	if len(bytes.Trim(rest[receiverIDBytes:], "\x00")) > 0 {
		return ReceiverID{}, errNotAirPort
	}
	return ReceiverID(rest[:receiverIDBytes]), nil
}

// recoverSigned undoes a signature: 00 01 FF ... FF 00 message (RFC 8017
// section 9.2, without the DigestInfo).
func recoverSigned(key *rsa.PublicKey, signature []byte) ([]byte, error) {
	if len(signature) != key.Size() {
		return nil, errNotAirPort
	}
	c := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N)
	block := c.FillBytes(make([]byte, key.Size()))
	padding, message, found := bytes.Cut(block[1:], []byte{0})
	if block[0] != 0 || !found || len(padding) < 9 || padding[0] != 1 || len(bytes.Trim(padding[1:], "\xff")) > 0 {
		return nil, errNotAirPort
	}
	return message, nil
}
