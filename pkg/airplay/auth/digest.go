package auth

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is the sentinel of an Authorization header that cannot be read.
var ErrMalformed = errors.New("auth: malformed")

const (
	digestRealm     = "raop"
	maxDigestBytes  = 2048
	maxDigestFields = 16
)

// A Digest is an Authorization header: digest access authentication of RFC 2069,
// which is all that AirPlay 1 senders implement: no qop, no algorithm, no client
// nonce.
type Digest struct {
	Username, Realm, Nonce, URI, Response string
}

// ParseDigest reads an Authorization header: `Digest name="value", ...`, in
// any order, with or without the quotes. Fields that RFC 2069 does not need
// are skipped.
func ParseDigest(header string) (Digest, error) {
	if len(header) > maxDigestBytes {
		return Digest{}, fmt.Errorf("%w: Authorization of %d bytes", ErrMalformed, len(header))
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return Digest{}, fmt.Errorf("%w: Authorization scheme %q, want Digest", ErrMalformed, scheme)
	}
	var d Digest
	fields := map[string]*string{
		"username": &d.Username, "realm": &d.Realm, "nonce": &d.Nonce, "uri": &d.URI, "response": &d.Response,
	}
	for n := 0; strings.TrimSpace(rest) != ""; n++ {
		if n == maxDigestFields {
			return Digest{}, fmt.Errorf("%w: Authorization with over %d fields", ErrMalformed, maxDigestFields)
		}
		name, value, tail, err := cutDigestField(rest)
		if err != nil {
			return Digest{}, err
		}
		if field := fields[strings.ToLower(name)]; field != nil {
			*field = value
		}
		rest = tail
	}
	return d, nil
}

// cutDigestField takes the first `name="value"` or `name=value` off s.
func cutDigestField(s string) (name, value, rest string, err error) {
	name, rest, found := strings.Cut(s, "=")
	if !found {
		return "", "", "", fmt.Errorf("%w: Authorization field %q has no value", ErrMalformed, s)
	}
	name = strings.Trim(name, " \t,")
	rest = strings.TrimLeft(rest, " \t")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		value, rest, found = strings.Cut(quoted, `"`)
		if !found {
			return "", "", "", fmt.Errorf("%w: Authorization field %q lacks its closing quote", ErrMalformed, name)
		}
		return name, value, rest, nil
	}
	value, rest, _ = strings.Cut(rest, ",")
	return name, strings.TrimSpace(value), rest, nil
}

// Proves reports whether d was computed with the password, for the method. The
// user name and the URI are taken from d: senders may hash another URI than the
// one in the request line.
func (d Digest) Proves(password, method string) bool {
	if d.Realm != digestRealm {
		return false
	}
	for _, hexadecimal := range []func([]byte) string{lowerHex, upperHex} {
		want := d.expected(password, method, hexadecimal)
		if subtle.ConstantTimeCompare([]byte(want), []byte(d.Response)) == 1 {
			return true
		}
	}
	return false
}

// expected is the response that d must have for this password. The two inner hashes are
// hashed as text, so the case of their digits changes the result: airtunes2 and
// OwnTone write them in capitals, all others in small letters.
func (d Digest) expected(password, method string, hexadecimal func([]byte) string) string {
	hash := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hexadecimal(sum[:])
	}
	secret := hash(d.Username + ":" + d.Realm + ":" + password)
	return hash(secret + ":" + d.Nonce + ":" + hash(method+":"+d.URI))
}

func lowerHex(b []byte) string { return hex.EncodeToString(b) }
func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// DigestChallenge is the WWW-Authenticate header. It must have exactly these two
// fields: pyatv finds them by counting quotes.
func DigestChallenge(nonce string) string {
	return fmt.Sprintf(`Digest realm="%s", nonce="%s"`, digestRealm, nonce)
}
