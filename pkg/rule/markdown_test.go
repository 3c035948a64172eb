package rule_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/sim/golden"
)

//go:generate go test -run TestDocument -update .

// The document lists every setting of a rule, and no other.
func TestDocument(t *testing.T) {
	golden.Table(t, "../../docs/CONFIGURATION.md", "rule-settings", rule.Markdown())
}
