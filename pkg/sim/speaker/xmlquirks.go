package speaker

import (
	"bytes"
	"fmt"
	"regexp"
)

// properAmpersand is one that would still be no entity without its escape.
var properAmpersand = regexp.MustCompile(`&amp;(\s|<|$)`)

// encodeXML gives XML as the quirks have it written.
func (q Quirks) encodeXML(body []byte) []byte {
	if q.BareAmpersands {
		body = properAmpersand.ReplaceAll(body, []byte("&$1"))
	}
	if q.Latin1 {
		body = latin1(body)
	}
	return body
}

// latin1 writes UTF-8 XML in ISO-8859-1; what that cannot hold becomes "?".
func latin1(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for _, r := range string(body) {
		if r > 0xff {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return bytes.Replace(out, []byte(`encoding="UTF-8"`), []byte(`encoding="ISO-8859-1"`), 1)
}

var (
	muteActions  = regexp.MustCompile(`(?s)<action><name>[GS]etMute</name>.*?</action>\s*`)
	volumeMaxima = []byte(fmt.Sprintf("<maximum>%d</maximum>", MaxVolume))
)

// adaptSCPD has a service description say what volume there is.
func (q Quirks) adaptSCPD(scpd []byte) []byte {
	if q.NoMute {
		scpd = muteActions.ReplaceAll(scpd, nil)
	}
	return bytes.ReplaceAll(scpd, volumeMaxima, fmt.Appendf(nil, "<maximum>%d</maximum>", q.volumeMax()))
}
