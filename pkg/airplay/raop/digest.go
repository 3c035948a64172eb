package raop

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest access authentication as RFC 2069 has it, which is all that RAOP
// senders know: no qop, no algorithm, no client nonce.

const (
	digestRealm     = "raop"
	maxDigestBytes  = 2048
	maxDigestFields = 16
)

// digest is what a sender puts into its Authorization header.
type digest struct {
	username, realm, nonce, uri, response string
}

// parseDigest reads an Authorization header: `Digest name="value", ...`, in
// any order, with or without the quotes. Fields that RFC 2069 does not need
// are skipped.
func parseDigest(header string) (digest, error) {
	if len(header) > maxDigestBytes {
		return digest{}, fmt.Errorf("%w: Authorization of %d bytes", ErrMalformed, len(header))
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return digest{}, fmt.Errorf("%w: Authorization scheme %q, want Digest", ErrMalformed, scheme)
	}
	var d digest
	fields := map[string]*string{
		"username": &d.username, "realm": &d.realm, "nonce": &d.nonce, "uri": &d.uri, "response": &d.response,
	}
	for n := 0; strings.TrimSpace(rest) != ""; n++ {
		if n == maxDigestFields {
			return digest{}, fmt.Errorf("%w: Authorization with over %d fields", ErrMalformed, maxDigestFields)
		}
		name, value, tail, err := cutDigestField(rest)
		if err != nil {
			return digest{}, err
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

// proves reports whether d was made with the password, for the method. The
// user name and the URI are the sender's own: what it hashes need not be what
// the request line says.
func (d digest) proves(password, method string) bool {
	if d.realm != digestRealm {
		return false
	}
	for _, hexadecimal := range []func([]byte) string{lowerHex, upperHex} {
		want := d.expected(password, method, hexadecimal)
		if subtle.ConstantTimeCompare([]byte(want), []byte(d.response)) == 1 {
			return true
		}
	}
	return false
}

// expected is the response that belongs to password. The two inner hashes are
// hashed as text, so the case of their digits changes the result: airtunes2 and
// OwnTone write them in capitals, all others in small letters.
func (d digest) expected(password, method string, hexadecimal func([]byte) string) string {
	hash := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hexadecimal(sum[:])
	}
	secret := hash(d.username + ":" + d.realm + ":" + password)
	return hash(secret + ":" + d.nonce + ":" + hash(method+":"+d.uri))
}

func lowerHex(b []byte) string { return hex.EncodeToString(b) }
func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// digestDemand is the WWW-Authenticate header. pyatv counts the quotes in it:
// these two fields and no others.
func digestDemand(nonce string) string {
	return fmt.Sprintf(`Digest realm="%s", nonce="%s"`, digestRealm, nonce)
}
