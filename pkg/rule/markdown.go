package rule

import (
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Markdown is the table of settings for docs/CONFIGURATION.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Setting | Values | Meaning |\n|---|---|---|\n")
	for _, r := range settings.Table {
		meaning := r.Doc
		if r.Variable != "" {
			meaning = "as `" + r.Variable + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.Join(wordsOf(r), "`, `"), r.RuleValues(), meaning)
	}
	return b.String()
}
