package rtsp

import "strings"

// maxParameters is how many lines of a text/parameters body are read; senders write
// one or two.
const maxParameters = 32

// ParametersType is the Content-Type of parameter bodies.
const ParametersType = "text/parameters"

// ParseParameters reads a text/parameters body (RFC 2326 sections 10.8 and
// 10.9): "volume: -11.25" lines of SET_PARAMETER give {"volume": "-11.25"},
// bare "volume" lines of GET_PARAMETER give {"volume": ""}. Names come in
// lower case; of two equal ones the last counts. Lines without a name and
// all after the 32nd are ignored.
func ParseParameters(body []byte) map[string]string {
	parameters := make(map[string]string)
	rest := string(body)
	for range maxParameters {
		line, more, found := strings.Cut(rest, "\n")
		name, value, _ := strings.Cut(line, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			parameters[name] = strings.TrimSpace(value)
		}
		if !found {
			break
		}
		rest = more
	}
	return parameters
}

// AppendParameter appends the line "name: value" to a text/parameters body.
func AppendParameter(dst []byte, name, value string) []byte {
	return appendField(dst, name, value)
}
