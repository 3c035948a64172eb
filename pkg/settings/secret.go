package settings

import "fmt"

// Hidden is printed in place of a secret.
const Hidden = "[hidden]"

// A Secret is a text that is hidden when it is printed or encoded.
type Secret string

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

// String is Hidden, or "" when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Hidden
}

// GoString keeps the secret out of %#v as well.
func (s Secret) GoString() string { return fmt.Sprintf("settings.Secret(%q)", s.String()) }

// MarshalText keeps it out of JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
