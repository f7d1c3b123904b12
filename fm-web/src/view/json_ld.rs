use super::{Car, Picture};
use crate::{
    request_context::RequestContext,
    text::{Lang, choice},
};
use serde_json::{Value, json};

/// Describes a car to search engines (<https://schema.org/Car>), ready to stand inside a `script` element.
pub fn json_ld(context: &RequestContext, car: &Car, maker: &str, url: &str) -> String {
    let english = |field: &str, value: &Option<String>| value.as_deref().map(|v| choice(Lang::En, field, v).into_owned());
    let images: Vec<String> = car.images.iter().filter_map(Picture::of).map(|p| format!("{}{}", context.site, p.full)).collect();
    let mut ld = json!({
        "@context": "https://schema.org",
        "@type": "Car",
        "name": car.title,
        "brand": {"@type": "Brand", "name": maker},
        "model": car.model,
        "description": car.description,
        "image": images,
        "vehicleModelDate": car.year.to_string(),
        "bodyType": english("body", &car.body),
        "color": english("color", &car.color),
        "vehicleTransmission": english("gearbox", &car.gearbox),
        "fuelType": english("engine", &car.engine),
        "mileageFromOdometer": car.mileage.map(|km| json!({"@type": "QuantitativeValue", "value": km, "unitCode": "KMT"})),
        "vehicleEngine": car.power_ps.map(|ps| json!({"@type": "EngineSpecification",
            "enginePower": {"@type": "QuantitativeValue", "value": ps, "unitText": "PS"}})),
        "vehicleConfiguration": car.trim,
        "vehicleInteriorColor": english("color", &car.interior_color),
        "numberOfPreviousOwners": car.owners,
        "numberOfDoors": car.doors,
        "vehicleSeatingCapacity": car.seats,
        "meetsEmissionStandard": english("emission_class", &car.emission_class),
        "offers": {
            "@type": "Offer",
            "price": car.price,
            "priceCurrency": "EUR",
            "url": url,
            "itemCondition": "https://schema.org/UsedCondition",
            "availability": if car.status == "listed" { "https://schema.org/InStock" } else { "https://schema.org/SoldOut" },
        },
    });
    if let Value::Object(fields) = &mut ld {
        fields.retain(|_, v| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty()));
    }
    // Nothing in it may end the element or open a comment (HTML, section 4.12.1.3).
    ld.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
