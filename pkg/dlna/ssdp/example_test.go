package ssdp_test

import (
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

func ExampleParseAnswer() {
	answer, err := ssdp.ParseAnswer([]byte(strings.Join([]string{
		"HTTP/1.1 200 OK",
		"CACHE-CONTROL: max-age = 1800",
		"LOCATION: http://192.0.2.21:1400/xml/device_description.xml",
		"SERVER: Linux UPnP/1.0 Sonos/83.1-61240 (ZPS12)",
		"ST: urn:schemas-upnp-org:device:ZonePlayer:1",
		"USN: uuid:RINCON_00005E00530101400::urn:schemas-upnp-org:device:ZonePlayer:1",
		"X-RINCON-HOUSEHOLD: HHID_example",
		"X-RINCON-BOOTSEQ: 40",
	}, "\r\n")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.UDN)
	fmt.Println(answer.Location)
	fmt.Println(answer.BootID, answer.Household)
	// Output:
	// uuid:RINCON_00005E00530101400
	// http://192.0.2.21:1400/xml/device_description.xml
	// 40 HHID_example
}

func ExampleParseNotice() {
	notice, err := ssdp.ParseNotice([]byte("NOTIFY * HTTP/1.1\r\n" +
		"HOST: 239.255.255.250:1900\r\n" +
		"NT: urn:schemas-upnp-org:device:MediaRenderer:1\r\n" +
		"NTS: ssdp:byebye\r\n" +
		"USN: uuid:11111111-2222::urn:schemas-upnp-org:device:MediaRenderer:1\r\n\r\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(notice.Kind, notice.UDN)
	// Output: ssdp:byebye uuid:11111111-2222
}

// A datagram that is no announcement is refused: the group carries searches, too.
func ExampleParseNotice_search() {
	_, err := ssdp.ParseNotice([]byte("M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n"))
	fmt.Println(err)
	// Output: ssdp: notice: malformed: begins with "M-SEARCH * HTTP/1.1\r"
}
