//! The view from the back seat: windscreen, dashboard, wheel, seats.

use crate::car::Car;

/// What covers the inside.
fn cover(color: &str) -> [&'static str; 2] {
    match color {
        "beige" => ["#c9b593", "#a08a66"],
        "brown" => ["#7a5238", "#573825"],
        "grey" => ["#7b8087", "#585d63"],
        _ => ["#34373c", "#202226"],
    }
}

/// The inside over a scene that is seen through the windscreen.
pub fn inside(car: &Car) -> String {
    let [seat, shade] = cover(car.interior_color.as_deref().unwrap_or("black"));
    let seat = |x: u32| {
        format!(
            r##"<g transform="translate(0 104)"><path d="M{} 800V560Q{} 520 {} 512H{}Q{} 520 {} 560V800Z" fill="{seat}"/><path d="M{} 800V580H{}V800Z" fill="{shade}" opacity=".55"/>
<rect x="{}" y="400" width="170" height="96" rx="30" fill="{seat}"/><path d="M{} 496v26M{} 496v26" stroke="#8d939a" stroke-width="8"/></g>"##,
            x,
            x + 8,
            x + 50,
            x + 250,
            x + 292,
            x + 300,
            x + 70,
            x + 230,
            x + 65,
            x + 115,
            x + 185,
        )
    };
    format!(
        r##"<path fill-rule="evenodd" d="M0 0H1200V800H0ZM262 118Q600 78 938 118L1040 400Q600 372 160 400Z" fill="#a3a29e"/>
<path d="M262 118Q600 78 938 118L1040 400Q600 372 160 400Z" fill="#fff" opacity=".07"/>
<path d="M20 640H1180V800H20Z" fill="{shade}"/>
<path d="M0 150L190 130L96 420L0 440Z" fill="#cfe0ea"/><path d="M1200 150L1010 130L1104 420L1200 440Z" fill="#cfe0ea"/>
<rect x="520" y="104" width="160" height="44" rx="14" fill="#17191c"/><rect x="528" y="110" width="144" height="32" rx="9" fill="#8fa3b1"/>
<path d="M60 420Q600 356 1140 420L1180 640H20Z" fill="#2a2c30"/><path d="M60 420Q600 356 1140 420L1146 452Q600 392 54 452Z" fill="#3d4046"/>
<rect x="508" y="420" width="190" height="104" rx="10" fill="#0c0e11"/><rect x="516" y="428" width="174" height="88" rx="6" fill="#16344a"/><path d="M516 500L580 462L624 482L690 440" stroke="#54b4e6" stroke-width="5" fill="none"/>
<rect x="520" y="538" width="166" height="14" rx="7" fill="#55595f"/><circle cx="545" cy="580" r="18" fill="#1a1c1f" stroke="#6d7278" stroke-width="4"/><circle cx="661" cy="580" r="18" fill="#1a1c1f" stroke="#6d7278" stroke-width="4"/>
<path d="M236 452Q330 400 424 452V480H236Z" fill="#14161a"/><circle cx="292" cy="466" r="34" fill="#0b0d10" stroke="#9aa0a6" stroke-width="3"/><circle cx="368" cy="466" r="34" fill="#0b0d10" stroke="#9aa0a6" stroke-width="3"/><path d="M292 466L272 448M368 466L386 446" stroke="#e2483d" stroke-width="4"/>
<circle cx="330" cy="520" r="112" fill="none" stroke="#16181b" stroke-width="26"/><circle cx="330" cy="520" r="112" fill="none" stroke="#44484e" stroke-width="4"/><path d="M224 512H436M330 520V630" stroke="#1c1e22" stroke-width="24"/><ellipse cx="330" cy="524" rx="46" ry="38" fill="#24272b"/>
<rect x="770" y="470" width="290" height="20" rx="10" fill="#1b1d20"/><rect x="800" y="520" width="230" height="70" rx="10" fill="#222428"/>
<path d="M540 600H664L690 800H514Z" fill="#1c1e21"/><rect x="586" y="610" width="34" height="86" rx="17" fill="#3b3e43"/>
{}{}"##,
        seat(60),
        seat(836)
    )
}
