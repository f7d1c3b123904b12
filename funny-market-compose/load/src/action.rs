/// One request of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    SignIn,
    Browse,
    Search,
    Facets,
    OpenCar,
    ShowPicture,
    PriceHistory,
    CountView,
    Favourites,
    SaveFavourite,
    ForgetFavourite,
    SaveSearch,
    Alerts,
    Enquire,
    OwnCars,
    ListCar,
    UploadPicture,
    ChangePrice,
    Inbox,
    SellCar,
    RemoveCar,
}

impl Action {
    /// What it is called in the table.
    pub fn name(self) -> &'static str {
        match self {
            Action::SignIn => "sign in",
            Action::Browse => "browse",
            Action::Search => "search",
            Action::Facets => "facets",
            Action::OpenCar => "open a car",
            Action::ShowPicture => "show its picture",
            Action::PriceHistory => "price history",
            Action::CountView => "count the view",
            Action::Favourites => "favourites",
            Action::SaveFavourite => "save a favourite",
            Action::ForgetFavourite => "forget a favourite",
            Action::SaveSearch => "save a search",
            Action::Alerts => "alerts",
            Action::Enquire => "write an enquiry",
            Action::OwnCars => "own cars",
            Action::ListCar => "list a car",
            Action::UploadPicture => "upload a picture",
            Action::ChangePrice => "change the price",
            Action::Inbox => "inbox",
            Action::SellCar => "mark as sold",
            Action::RemoveCar => "remove a sold car",
        }
    }

    /// Whether only somebody who has signed in can do it.
    pub fn needs_account(self) -> bool {
        use Action::{Browse, CountView, Facets, OpenCar, PriceHistory, Search, ShowPicture, SignIn};
        !matches!(self, SignIn | Browse | Search | Facets | OpenCar | ShowPicture | PriceHistory | CountView)
    }

    /// Whether it acts on a car that was found before, and that may be gone by now.
    pub fn is_about_a_car(self) -> bool {
        use Action::{
            ChangePrice, CountView, Enquire, ForgetFavourite, OpenCar, PriceHistory, RemoveCar, SaveFavourite, SellCar, ShowPicture,
            UploadPicture,
        };
        matches!(
            self,
            OpenCar
                | ShowPicture
                | PriceHistory
                | CountView
                | SaveFavourite
                | ForgetFavourite
                | Enquire
                | UploadPicture
                | ChangePrice
                | SellCar
                | RemoveCar
        )
    }
}
