package rule

import "fmt"

// hidden stands where a password would be printed.
const hidden = "[hidden]"

// A Password is a text that does not show when it is printed or encoded.
type Password string

// Reveal gives the text itself.
func (p Password) Reveal() string { return string(p) }

// String gives "[hidden]", or "" when there is no password.
func (p Password) String() string {
	if p == "" {
		return ""
	}
	return hidden
}

// GoString keeps the password out of %#v as well.
func (p Password) GoString() string { return fmt.Sprintf("rule.Password(%q)", p.String()) }

// MarshalText keeps it out of JSON.
func (p Password) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
