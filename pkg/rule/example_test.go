package rule_test

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A later rule wins, setting by setting; what no rule sets stays as it is for all
// speakers.
func ExampleParse() {
	rules, err := rule.Parse("*: codec=flac, volume-max=80; name=Kitchen*: volume-max=60")
	if err != nil {
		fmt.Println(err)
		return
	}
	kitchen := rules.For(rule.Subject{Name: "Kitchen left"})
	fmt.Println(kitchen)
	speaker := kitchen.Over(settings.Default())
	fmt.Println(speaker.Codec, speaker.Volume.Max, speaker.Latency)
	// Output:
	// codec=flac, volume-max=60
	// flac 60 500ms
}
