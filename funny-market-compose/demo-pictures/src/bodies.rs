//! Bodies of cars in centimetres: sections along the length, from the front bumper to the rear one.

/// A section: where it lies, heights of sill, belt line and roof, half widths at the belt line and at the roof.
pub struct Section {
    pub x: f64,
    pub sill: f64,
    pub belt: f64,
    pub half: f64,
    pub roof: f64,
    pub top: f64,
}

/// A body, with the parts of its length that are glass.
pub struct Body {
    pub sections: &'static [Section],
    pub windscreen: (f64, f64),
    pub rear: (f64, f64),
    pub side: (f64, f64),
    pub pillars: &'static [f64],
    /// Axles and the radius of the wheels.
    pub axles: [f64; 2],
    pub wheel: f64,
    /// What has no roof: where one looks inside.
    pub open: Option<(f64, f64)>,
}

const fn at(x: f64, sill: f64, belt: f64, half: f64, roof: f64, top: f64) -> Section {
    Section { x, sill, belt, half, roof, top }
}

#[rustfmt::skip]
const SEDAN: Body = Body {
    sections: &[
        at(0., 32., 60., 68., 60., 52.), at(7., 24., 70., 82., 70., 64.), at(42., 20., 79., 88., 79., 74.), at(108., 18., 90., 90., 90., 80.),
        at(188., 18., 93., 91., 141., 60.), at(255., 18., 94., 91., 144., 62.), at(318., 18., 96., 90., 138., 60.), at(388., 20., 101., 89., 103., 76.),
        at(442., 24., 102., 84., 103., 70.), at(458., 36., 88., 74., 88., 60.),
    ],
    windscreen: (108., 188.), rear: (318., 388.), side: (132., 362.), pillars: &[252.], axles: [86., 356.], wheel: 33., open: None,
};
#[rustfmt::skip]
const ESTATE: Body = Body {
    sections: &[
        at(0., 32., 60., 68., 60., 52.), at(7., 24., 70., 82., 70., 64.), at(42., 20., 79., 88., 79., 74.), at(108., 18., 90., 90., 90., 80.),
        at(188., 18., 93., 91., 142., 60.), at(255., 18., 94., 91., 146., 62.), at(405., 18., 97., 90., 141., 60.), at(446., 24., 99., 87., 103., 72.),
        at(458., 36., 88., 76., 90., 62.),
    ],
    windscreen: (108., 188.), rear: (405., 446.), side: (132., 424.), pillars: &[252., 344.], axles: [86., 356.], wheel: 33., open: None,
};
#[rustfmt::skip]
const SMALL: Body = Body {
    sections: &[
        at(0., 32., 62., 64., 62., 48.), at(6., 24., 75., 79., 75., 58.), at(36., 20., 85., 84., 85., 68.), at(78., 18., 94., 86., 94., 74.),
        at(148., 18., 97., 86., 148., 56.), at(215., 18., 98., 86., 151., 58.), at(318., 18., 101., 85., 145., 55.), at(366., 24., 103., 82., 108., 64.),
        at(380., 36., 90., 72., 92., 58.),
    ],
    windscreen: (78., 148.), rear: (318., 366.), side: (98., 338.), pillars: &[208.], axles: [68., 312.], wheel: 31., open: None,
};
#[rustfmt::skip]
const SUV: Body = Body {
    sections: &[
        at(0., 42., 72., 72., 72., 58.), at(6., 34., 88., 88., 88., 70.), at(42., 30., 101., 92., 101., 78.), at(98., 28., 109., 93., 109., 82.),
        at(164., 28., 112., 94., 165., 64.), at(240., 28., 113., 94., 169., 66.), at(388., 28., 115., 93., 163., 63.), at(434., 34., 117., 90., 123., 74.),
        at(446., 48., 100., 80., 102., 66.),
    ],
    windscreen: (98., 164.), rear: (388., 434.), side: (118., 410.), pillars: &[228., 326.], axles: [86., 352.], wheel: 38., open: None,
};
#[rustfmt::skip]
const COUPE: Body = Body {
    sections: &[
        at(0., 30., 54., 70., 54., 52.), at(7., 22., 64., 84., 64., 66.), at(46., 18., 74., 90., 74., 76.), at(122., 16., 84., 91., 84., 80.),
        at(204., 16., 87., 91., 126., 58.), at(258., 16., 89., 91., 129., 58.), at(322., 16., 93., 92., 120., 56.), at(410., 18., 97., 91., 99., 74.),
        at(438., 24., 96., 86., 97., 70.), at(450., 36., 84., 76., 84., 60.),
    ],
    windscreen: (122., 204.), rear: (322., 410.), side: (148., 344.), pillars: &[], axles: [86., 352.], wheel: 34., open: None,
};
#[rustfmt::skip]
const CONVERTIBLE: Body = Body {
    sections: &[
        at(0., 30., 56., 68., 56., 50.), at(7., 22., 66., 82., 66., 64.), at(44., 18., 76., 87., 76., 74.), at(112., 16., 86., 88., 86., 78.),
        at(166., 16., 88., 88., 124., 60.), at(170., 16., 88., 88., 88., 78.), at(318., 16., 93., 88., 93., 78.), at(385., 20., 96., 86., 97., 72.),
        at(412., 26., 92., 80., 92., 66.), at(424., 36., 80., 72., 80., 58.),
    ],
    windscreen: (112., 174.), rear: (500., 500.), side: (128., 172.), pillars: &[300.], axles: [80., 330.], wheel: 33., open: Some((172., 312.)),
};
#[rustfmt::skip]
const VAN: Body = Body {
    sections: &[
        at(0., 34., 68., 72., 68., 58.), at(6., 28., 85., 88., 85., 72.), at(32., 26., 98., 92., 98., 80.), at(68., 24., 106., 93., 106., 84.),
        at(142., 24., 108., 94., 172., 72.), at(225., 24., 109., 94., 179., 75.), at(420., 24., 110., 94., 177., 74.), at(444., 30., 110., 92., 130., 78.),
        at(452., 42., 98., 84., 104., 70.),
    ],
    windscreen: (68., 142.), rear: (420., 444.), side: (88., 428.), pillars: &[192., 312.], axles: [74., 352.], wheel: 34., open: None,
};

/// The body of this name; what is unknown looks like a sedan.
pub fn body(name: &str) -> &'static Body {
    match name {
        "estate" => &ESTATE,
        "small" => &SMALL,
        "suv" => &SUV,
        "coupe" => &COUPE,
        "convertible" => &CONVERTIBLE,
        "van" => &VAN,
        _ => &SEDAN,
    }
}

impl Body {
    /// The length.
    pub fn length(&self) -> f64 {
        self.sections.last().map_or(0.0, |last| last.x)
    }
    /// The section at any place: a monotone cubic through the given ones (Fritsch and Carlson), which bulges nowhere.
    pub fn section(&self, x: f64) -> Section {
        let value = |of: fn(&Section) -> f64| self.interpolate(x, of);
        at(x, value(|s| s.sill), value(|s| s.belt), value(|s| s.half), value(|s| s.roof), value(|s| s.top))
    }
    fn interpolate(&self, x: f64, of: fn(&Section) -> f64) -> f64 {
        let all = self.sections;
        let i = all.partition_point(|s| s.x <= x).clamp(1, all.len() - 1) - 1;
        let slope = |i: usize| (of(&all[i + 1]) - of(&all[i])) / (all[i + 1].x - all[i].x);
        let tangent = |i: usize| match (i.checked_sub(1).map(slope), (i + 1 < all.len()).then(|| slope(i))) {
            (Some(a), Some(b)) if a * b > 0.0 => 2.0 * a * b / (a + b),
            (Some(_), Some(_)) => 0.0,
            (one, other) => one.or(other).unwrap_or_default(),
        };
        let (width, t) = (all[i + 1].x - all[i].x, (x - all[i].x) / (all[i + 1].x - all[i].x));
        let (t2, t3) = (t * t, t * t * t);
        of(&all[i]) * (2.0 * t3 - 3.0 * t2 + 1.0)
            + tangent(i) * width * (t3 - 2.0 * t2 + t)
            + of(&all[i + 1]) * (3.0 * t2 - 2.0 * t3)
            + tangent(i + 1) * width * (t3 - t2)
    }
}
