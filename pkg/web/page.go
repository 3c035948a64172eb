package web

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// The page's parts, which are put together into one self-contained document.
var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/dom.js
	domScript string
	//go:embed page/speaker.js
	speakerScript string
	//go:embed page/page.js
	loopScript string

	// pageScript is one script: functions of one part are used by another.
	pageScript = domScript + speakerScript + loopScript
)

// newPage serves the page. Its content security policy allows only the one style and the
// one script of the document: markup in a speaker's name stays text.
func newPage() http.Handler {
	document := strings.NewReplacer("{{style}}", pageStyle, "{{script}}", pageScript).Replace(pageHTML)
	policy := fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src 'self' data:; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'", sourceHash(pageStyle), sourceHash(pageScript))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write([]byte(document)) // the peer left: nobody to inform
	})
}

// sourceHash identifies the text of an inline element in a policy (CSP Level 3, section
// 2.3.1).
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
