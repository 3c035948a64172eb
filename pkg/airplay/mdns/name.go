package mdns

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxLabelBytes is the longest label of a domain name (RFC 1035 section 3.1).
	maxLabelBytes = 63

	// domain ends every name in presentation form.
	domain = "local."

	// directoryName lists the service types of the network (RFC 6763 section 9).
	directoryName = "_services._dns-sd._udp." + domain
)

// Label makes a DNS label of any text: valid UTF-8 of at most 63 bytes, cut at a
// rune border.
func Label(text string) string {
	return cutAtRune(strings.ToValidUTF8(text, string(utf8.RuneError)), maxLabelBytes)
}

// cutAtRune is the longest beginning of text that has at most limit bytes and
// ends between two runes.
func cutAtRune(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// escapeLabel writes a label in presentation form (RFC 1035 section 5.1) and
// escapes exactly what miekg/dns escapes when it reads a name off the wire, so
// that names compare as strings.
func escapeLabel(label string) string {
	var b strings.Builder
	for _, c := range []byte(label) {
		switch {
		case strings.IndexByte(`. '@;()"\`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// instanceName is the full name of a service instance, in presentation form.
func instanceName(label, serviceType string) string {
	return escapeLabel(label) + "." + typeName(serviceType)
}

// typeName is the full name of a service type such as "_raop._tcp".
func typeName(serviceType string) string {
	return serviceType + "." + domain
}

// hostName is the full name of a host, in presentation form.
func hostName(label string) string {
	return escapeLabel(label) + "." + domain
}

// fold makes names that DNS holds equal equal as strings. Bytes beyond ASCII are
// escaped in presentation form and stay as they are (RFC 6762 section 16).
func fold(name string) string {
	return strings.ToLower(name)
}

// The endings that a renamed instance and a renamed host have.
var (
	instanceEnding = regexp.MustCompile(`^(.*) \(([0-9]{1,6})\)$`)
	hostEnding     = regexp.MustCompile(`^(.*)-([0-9]{1,6})$`)
)

// nextInstance is the name to try when that of a service instance is taken:
// "Kitchen", "Kitchen (2)", "Kitchen (3)" (RFC 6763 appendix D).
func nextInstance(label string) string {
	base, n := splitNumber(instanceEnding, label)
	return appendNumber(base, fmt.Sprintf(" (%d)", n+1))
}

// nextHost is the label to try when that of the host is taken: "nas", "nas-2".
func nextHost(label string) string {
	base, n := splitNumber(hostEnding, label)
	return appendNumber(base, fmt.Sprintf("-%d", n+1))
}

// splitNumber takes the number off a label that was renamed before; one that was
// not counts as the first. A name that had such an ending from the start is
// counted on as well, which does no harm.
func splitNumber(ending *regexp.Regexp, label string) (base string, n int) {
	parts := ending.FindStringSubmatch(label)
	if parts == nil {
		return label, 1
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 {
		return label, 1
	}
	return parts[1], n
}

// appendNumber shortens base so that the number fits into the label.
func appendNumber(base, number string) string {
	return cutAtRune(base, maxLabelBytes-len(number)) + number
}
