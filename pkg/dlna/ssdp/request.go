package ssdp

import (
	"net/netip"
	"strconv"
	"time"
)

const (
	searchAll = "ssdp:all"
	// maxWait is MX: devices spread their answers over this time.
	maxWait = 2 * time.Second
)

// appendSearch appends an M-SEARCH for target (UDA 1.1 section 1.3.2). Searches
// of one device carry MX too: the standard does not ask for it there, but
// devices of UDA 1.0 drop a search without.
func appendSearch(dst []byte, host netip.AddrPort, target, userAgent string) []byte {
	dst = append(dst, "M-SEARCH * HTTP/1.1\r\nHOST: "...)
	dst = append(dst, host.String()...)
	dst = append(dst, "\r\nMAN: \"ssdp:discover\"\r\nMX: "...)
	dst = strconv.AppendInt(dst, int64(maxWait/time.Second), 10)
	dst = append(dst, "\r\nST: "...)
	dst = append(dst, target...)
	dst = append(dst, "\r\nUSER-AGENT: "...)
	dst = append(dst, userAgent...)
	return append(dst, "\r\n\r\n"...)
}
