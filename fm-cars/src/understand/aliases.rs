//! What people call what the catalogue has, in German and English. Written without regard to case, umlauts and spaces.

/// A filter that has one of a closed list of values: field, value, words.
#[rustfmt::skip]
pub(super) const CHOICES: &[(&str, &str, &[&str])] = &[
    ("body", "sedan", &["limousine", "sedan", "saloon", "stufenheck"]),
    ("body", "small", &["kleinwagen", "small", "small car", "city car", "stadtauto", "hatchback"]),
    ("body", "estate", &["kombi", "estate", "station wagon", "wagon", "touring", "avant", "variant", "caravan"]),
    ("body", "van", &["van", "bus", "minivan", "kleinbus", "transporter", "grossraumlimousine", "mpv", "minibus"]),
    ("body", "convertible", &["cabrio", "cabriolet", "convertible", "kabrio", "roadster"]),
    ("body", "coupe", &["coupé", "sportwagen"]),
    ("body", "suv", &["suv", "geländewagen", "offroader", "crossover", "off-road"]),
    ("engine", "petrol", &["benzin", "benziner", "petrol", "gasoline", "otto", "super"]),
    ("engine", "diesel", &["diesel", "tdi", "cdi", "hdi", "tdci", "cdti", "dci"]),
    ("engine", "lpg", &["lpg", "autogas", "flüssiggas", "gas"]),
    ("engine", "cng", &["cng", "erdgas", "natural gas"]),
    ("engine", "hybrid", &["hybrid", "plug-in", "plug-in hybrid"]),
    ("engine", "electric", &["elektro", "electric", "elektroauto", "e-auto", "elektrisch", "stromer", "ev"]),
    ("gearbox", "manual", &["schaltung", "schaltgetriebe", "handschaltung", "manuell", "manual", "stick shift", "schalter"]),
    ("gearbox", "automatic", &["automatik", "automatic", "automatikgetriebe", "dsg", "tiptronic"]),
    ("color", "beige", &["beige"]),
    ("color", "black", &["schwarz", "black"]),
    ("color", "blue", &["blau", "blue", "dunkelblau", "hellblau"]),
    ("color", "brown", &["braun", "brown"]),
    ("color", "green", &["grün", "green"]),
    ("color", "grey", &["grau", "grey", "gray", "anthrazit"]),
    ("color", "orange", &["orange"]),
    ("color", "purple", &["lila", "purple"]),
    ("color", "red", &["rot", "red"]),
    ("color", "silver", &["silber", "silver", "silbern"]),
    ("color", "violet", &["violett", "violet"]),
    ("color", "white", &["weiß", "white"]),
    ("color", "yellow", &["gelb", "yellow"]),
];

/// Options: value, words beside the catalogue's own.
#[rustfmt::skip]
pub(super) const OPTIONS: &[(&str, &[&str])] = &[
    ("abs", &["abs"]), ("esp", &["esp"]), ("airbags", &["airbag", "airbags"]), ("isofix", &["isofix", "kindersitzbefestigung"]),
    ("air_conditioning", &["klima", "klimaanlage", "air con", "aircon", "ac", "a/c"]), ("climate_control", &["klimaautomatik", "climate control", "climatronic"]),
    ("heated_seats", &["sitzheizung", "heated seats", "seat heating"]), ("heated_windscreen", &["beheizbare frontscheibe", "frontscheibenheizung"]),
    ("leather_seats", &["leder", "ledersitze", "lederausstattung", "leather", "vollleder"]), ("sport_seats", &["sportsitze", "sport seats"]),
    ("electric_seats", &["elektrische sitze", "electric seats", "power seats"]), ("seven_seats", &["7-sitzer", "siebensitzer", "sieben sitze", "7 seater", "7 seats", "seven seater"]),
    ("electric_windows", &["elektrische fensterheber", "fensterheber", "power windows"]), ("electric_mirrors", &["elektrische spiegel", "electric mirrors"]),
    ("central_locking", &["zentralverriegelung", "zv", "central locking"]), ("keyless_entry", &["keyless", "keyless go", "schlüssellos"]),
    ("immobiliser", &["wegfahrsperre", "immobilizer"]), ("alarm", &["alarmanlage"]), ("power_steering", &["servolenkung", "servo", "power steering"]),
    ("multifunction_wheel", &["multifunktionslenkrad", "mufu"]), ("cruise_control", &["tempomat", "cruise control", "geschwindigkeitsregelanlage"]),
    ("adaptive_cruise_control", &["abstandstempomat", "acc", "adaptive cruise control", "distronic"]), ("lane_assist", &["spurhalteassistent", "spurassistent", "lane assist"]),
    ("blind_spot_assist", &["totwinkelassistent", "toter winkel", "blind spot"]), ("parking_sensors", &["einparkhilfe", "pdc", "parksensoren", "parking sensors", "park distance control"]),
    ("rear_camera", &["rückfahrkamera", "reversing camera", "backup camera", "rear view camera"]), ("start_stop", &["start-stopp", "start stop"]),
    ("navigation", &["navi", "navigation", "navigationssystem", "gps", "sat nav", "satnav"]), ("bluetooth", &["bluetooth", "freisprecheinrichtung"]),
    ("radio", &["radio"]), ("digital_radio", &["dab", "dab+", "digitalradio"]), ("on_board_computer", &["bordcomputer", "trip computer"]),
    ("head_up_display", &["head-up display", "hud"]), ("xenon_headlights", &["xenon", "bi-xenon", "xenonscheinwerfer"]), ("led_headlights", &["led", "led scheinwerfer", "led lights"]),
    ("fog_lights", &["nebelscheinwerfer", "fog lamps"]), ("rain_sensor", &["regensensor"]), ("sunroof", &["schiebedach", "sun roof", "sunroof"]),
    ("panorama_roof", &["panoramadach", "panorama", "panoramic roof", "glasdach"]), ("roof_rails", &["dachreling", "reling", "roof rack"]),
    ("tow_bar", &["anhängerkupplung", "ahk", "tow bar", "towbar", "trailer hitch", "tow hitch"]), ("alloy_wheels", &["alufelgen", "alu", "leichtmetallfelgen", "alloys", "alloy rims"]),
    ("winter_tyres", &["winterreifen", "winter tires", "snow tyres"]), ("four_wheel_drive", &["allrad", "allradantrieb", "4x4", "4wd", "awd", "quattro", "4motion", "xdrive", "all-wheel drive"]),
    ("particle_filter", &["partikelfilter", "dpf"]), ("service_history", &["scheckheft", "scheckheftgepflegt", "service history", "full service history"]),
    ("non_smoker", &["nichtraucher", "nichtraucherfahrzeug", "non smoker"]), ("accident_free", &["unfallfrei", "accident free", "no accidents"]),
];

/// Makers: value, words beside the catalogue's own.
#[rustfmt::skip]
pub(super) const MAKERS: &[(&str, &[&str])] = &[
    ("alfa_romeo", &["alfa"]), ("chevrolet", &["chevy"]), ("land_rover", &["landrover"]), ("mercedes_benz", &["mercedes", "benz", "daimler", "mb"]),
    ("volkswagen", &["vw", "volkswagon"]),
];

/// Models: maker, value, words beside the catalogue's own.
#[rustfmt::skip]
pub(super) const MODELS: &[(&str, &str, &[&str])] = &[
    ("bmw", "1er", &["1er", "116i", "118d", "118i", "120d", "116", "118", "120"]),
    ("bmw", "3er", &["3er", "3 series", "3er reihe", "316", "316i", "318", "318i", "318d", "320", "320i", "320d", "325", "325i", "328i", "330", "330d", "330i", "335i", "e46", "e90"]),
    ("bmw", "5er", &["5er", "5 series", "520", "520d", "520i", "523i", "525", "525d", "525i", "530", "530d", "530i", "535d"]),
    ("bmw", "6er", &["6er", "630i", "640d", "650i"]), ("bmw", "7er", &["7er", "730d", "740i", "740d", "750i"]),
    ("bmw", "x_reihe", &["x1", "x3", "x5", "x6", "x reihe"]), ("bmw", "z_reihe", &["z3", "z4", "z reihe"]), ("bmw", "m_reihe", &["m3", "m5", "m6", "m reihe"]),
    ("mercedes_benz", "a_klasse", &["a klasse", "a140", "a150", "a160", "a170", "a180", "a200"]), ("mercedes_benz", "b_klasse", &["b klasse", "b180", "b200"]),
    ("mercedes_benz", "c_klasse", &["c klasse", "c180", "c200", "c220", "c250", "c320"]), ("mercedes_benz", "e_klasse", &["e klasse", "e200", "e220", "e250", "e280", "e320", "e350"]),
    ("mercedes_benz", "m_klasse", &["m klasse", "ml", "ml320", "ml350"]), ("mercedes_benz", "s_klasse", &["s klasse", "s320", "s350", "s500"]),
    ("mercedes_benz", "g_klasse", &["g klasse"]), ("mercedes_benz", "v_klasse", &["v klasse"]),
    ("mazda", "mx_reihe", &["mx5", "mx 5", "miata"]), ("mazda", "cx_reihe", &["cx5", "cx 5", "cx7", "cx3"]), ("mazda", "rx_reihe", &["rx8", "rx7"]),
    ("mazda", "3_reihe", &["mazda 3"]), ("mazda", "6_reihe", &["mazda 6"]), ("mazda", "5_reihe", &["mazda 5"]),
    ("peugeot", "1_reihe", &["106", "107", "108"]), ("peugeot", "2_reihe", &["206", "207", "208", "2008"]), ("peugeot", "3_reihe", &["306", "307", "308", "3008"]),
    ("peugeot", "4_reihe", &["406", "407"]), ("peugeot", "5_reihe", &["508", "5008"]),
    ("volvo", "xc_reihe", &["xc60", "xc70", "xc90", "xc40"]), ("volvo", "c_reihe", &["c30", "c70"]),
    ("hyundai", "i_reihe", &["i10", "i20", "i30", "i40"]), ("honda", "cr_reihe", &["crv", "crz"]), ("toyota", "rav", &["rav 4"]),
    ("volkswagen", "kaefer", &["beetle classic", "vw käfer"]), ("volkswagen", "transporter", &["t4", "t5", "t6", "multivan", "bulli", "caravelle"]),
    ("volkswagen", "golf", &["golf 4", "golf 5", "golf 6", "golf 7", "golf 8", "golf iv", "golf v", "golf vi", "golf vii", "gti"]),
    ("ford", "c_max", &["cmax"]), ("chrysler", "grand", &["grand voyager"]), ("mini", "cooper", &["mini cooper"]), ("porsche", "911", &["carrera", "996", "997"]),
];

/// Fillers that something must follow: the last word of a text is rather the beginning of another one.
pub(super) const ARTICLES: &[&str] = &["an", "the", "der", "die", "das", "ein", "eine", "einen"];

/// Words that narrow nothing down.
#[rustfmt::skip]
pub(super) const FILLERS: &[&str] = &[
    "a", "an", "the", "with", "and", "or", "for", "of", "car", "cars", "used", "buy", "please", "looking", "i", "want", "cheap",
    "der", "die", "das", "ein", "eine", "einen", "mit", "und", "oder", "auto", "autos", "wagen", "pkw", "gebraucht", "gebrauchte", "gebrauchter",
    "gebrauchtes", "gebrauchtwagen", "kaufen", "suche", "ich", "bitte", "farbe", "getriebe", "motor", "im", "als",
];
